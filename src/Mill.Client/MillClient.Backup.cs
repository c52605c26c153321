using Mill.Client.Http;
using Mill.Client.Watching;

namespace Mill.Client;

/// <content>Backups.</content>
public sealed partial class MillClient
{
    /// <summary>
    /// Copies a backup of everything, in all tenants, to a stream; for operators. Whether all of it came, only its end tells. Throws <see
    /// cref="Secrets.MillError.Unreachable"/>
    /// where the server goes away in the middle, and whatever the stream throws.
    /// </summary>
    public async Task BackUpAsync(Stream to, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Get, Targets.Backup) { Accept = "application/x-ndjson" };
        using var response = await _transport.OpenAsync(call, cancellationToken).ConfigureAwait(false);
        var options = _transport.Options;
        var from = new IdleStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), options.WatchSilence, options.Time);
        await using var _ = from.ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        while (await ReadAsync(from, buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What fails here is the connection; what fails while writing is not.</summary>
    private async ValueTask<int> ReadAsync(IdleStream from, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Problems.BrokenOff(_transport.Address, e);
        }
    }
}
