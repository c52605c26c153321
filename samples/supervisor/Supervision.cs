using System.Collections.Concurrent;
using Mill.Samples.Module;
using Mill.Secrets.Providers;

namespace Mill.Samples.Supervisor;

/// <summary>Answers a module, and tells it of rotations, until it is gone.</summary>
internal sealed class Supervision(Channel module, ISecretProvider secrets, IReadOnlySet<string> allowed, TextWriter log)
{
    private readonly ConcurrentDictionary<long, IReadOnlyList<string>> _told = new();
    private long _rotations;

    /// <summary>Ends with the module, and throws where that could not be told of rotations any more: it would go on with old values.</summary>
    public async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        var (telling, listening) = (TellAsync(end.Token), ListenAsync(end));
        try
        {
            if (await Task.WhenAny(telling, listening) == telling) await telling;
            await listening;
        }
        finally
        {
            await end.CancelAsync();
        }
        await telling;
    }

    private async Task ListenAsync(CancellationTokenSource end)
    {
        var answers = new List<Task>();
        var cancellationToken = end.Token;
        try
        {
            while (await module.ReadAsync(CancellationToken.None) is { } message)
            {
                answers.RemoveAll(static answer => answer.IsCompletedSuccessfully);
                // Not one after the other: what takes its time would keep back all that follows.
                if (message is { Id: { } id, Get: { } name }) answers.Add(AnswerAsync(id, name, cancellationToken));
                else if (message.Ack is { } number) Acknowledged(number, message.Error);
            }
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested) await end.CancelAsync();
            await Task.WhenAll(answers);
        }
    }

    private async Task AnswerAsync(long id, string name, CancellationToken cancellationToken)
    {
        try
        {
            var lookup = allowed.Contains(name) ? await secrets.TryGetAsync(name, cancellationToken) : SecretLookup.NotFound("supervisor");
            using var value = lookup.Value;
            var error = lookup.Status switch { SecretLookupStatus.Found => null, SecretLookupStatus.NotFound => "not_found", _ => "unavailable" };
            await module.WriteAsync(new() { Id = id, Name = name, Value = value, Error = error }, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody is there any more to be answered: reading from the module ends, too.
        }
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in secrets.WatchAsync(cancellationToken))
            {
                if (change.Keys.Where(allowed.Contains).ToList() is not { Count: > 0 } names) continue;
                var number = ++_rotations;
                _told[number] = names;
                await module.WriteAsync(new() { Rotation = number, Names = names }, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException || cancellationToken.IsCancellationRequested)
        {
            // Nobody is there any more to be told: reading from the module ends, too.
        }
    }

    private void Acknowledged(long number, string? error)
    {
        if (_told.TryRemove(number, out var names)) log.WriteLine($"rotation {number}: {string.Join(", ", names)}: {(error is null ? "nobody uses the old value any more" : $"the module failed with {error}")}");
    }
}
