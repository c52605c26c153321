namespace Mill.Server;

/// <summary>Cancelled when the server begins to stop, for the requests that would otherwise never end.</summary>
internal sealed record ServerShutdown(CancellationToken Token);
