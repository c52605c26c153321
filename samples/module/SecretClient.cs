using System.Globalization;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

namespace Mill.Samples.Module;

/// <summary>
/// The secrets of a module, which its supervisor has. What was asked for once is kept until it is rotated. A rotation is acknowledged when every subscriber is done with it: then the old value is used no more.
/// All that it gives is known to <paramref name="masks"/> before.
/// </summary>
internal sealed class SecretClient(Channel channel, RedactionSet masks, TimeProvider time, TimeSpan? patience = null) : IDisposable
{
    /// <summary>How long an answer may take, where nothing else is said.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const string Supervisor = "supervisor";

    private readonly Lock _lock = new();
    private readonly Dictionary<long, TaskCompletionSource<Message>> _questions = [];
    private readonly Dictionary<string, SecretValue> _cache = new(StringComparer.Ordinal);
    private readonly List<Subscription> _subscriptions = [];
    private long _lastId;
    private readonly Dictionary<string, int> _rotations = new(StringComparer.Ordinal); // how many there were: an answer to a question from before one is not kept
    private bool _isAtEnd;

    /// <summary>Calls for a secret's new value, which is lent for the length of the call.</summary>
    public delegate ValueTask Changed(SecretValue value, CancellationToken cancellationToken);

    /// <summary>Reads what the supervisor says, until it says no more. Nothing is answered without this.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var rotated = Task.CompletedTask;
        try
        {
            while (await channel.ReadAsync(cancellationToken) is { } message)
            {
                if (message.Id is { } id) Answer(id, message);
                // Subscribers ask for secrets, so the reading goes on beside them. Forgotten is at once.
                else if (message is { Rotation: { } number, Names: { } names }) rotated = RotateAsync(rotated, number, Forget(names), cancellationToken);
            }
        }
        finally
        {
            End();
            await ((Task)rotated).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// A copy that the caller disposes. Throws <see cref="SecretNotFoundException"/>, and <see cref="SecretUnavailableException"/> where the supervisor refuses, is gone, takes too long or answers with another secret.
    /// </summary>
    public async ValueTask<SecretValue> GetAsync(string name, SecretMode mode = SecretMode.CacheThenRemote, CancellationToken cancellationToken = default)
    {
        if (mode is not SecretMode.ForceRemote && Kept(name) is { } kept) return kept;
        if (mode is SecretMode.CacheOnly) throw new SecretNotFoundException("cache", name);
        var (id, question, rotations) = Begin(name);
        var isTaken = false;
        try
        {
            await channel.WriteAsync(new() { Id = id, Get = name }, cancellationToken);
            var answer = await question.WaitAsync(patience ?? Patience, time, cancellationToken);
            isTaken = true;
            return Take(name, answer, rotations);
        }
        catch (TimeoutException e)
        {
            throw Unavailable($"The supervisor did not say in time what \"{name}\" is.", e);
        }
        finally
        {
            Forget(id);
            // It came just when nobody waited any more.
            if (!isTaken && question.IsCompletedSuccessfully) (await question).Value?.Dispose();
        }
    }

    /// <summary>The secret as a number, for example. Throws <see cref="SecretConfigurationException"/> where it is none, which does not say what it is instead.</summary>
    public async ValueTask<T> GetAsync<T>(string name, SecretMode mode = SecretMode.CacheThenRemote, CancellationToken cancellationToken = default)
        where T : IUtf8SpanParsable<T>
    {
        using var value = await GetAsync(name, mode, cancellationToken);
        return value.Reveal(static bytes => T.TryParse(bytes, CultureInfo.InvariantCulture, out var parsed) ? (true, parsed) : (false, default(T))) is (true, { } result)
            ? result
            : throw new SecretConfigurationException(Supervisor, $"\"{name}\" is no {typeof(T).Name}.");
    }

    /// <summary>From now on <paramref name="changed"/> is called with every new value of the secret, one call at a time, until what is returned is disposed.</summary>
    public IDisposable Subscribe(string name, Changed changed)
    {
        var subscription = new Subscription(this, name, changed);
        lock (_lock) _subscriptions.Add(subscription);
        return subscription;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var value in _cache.Values) value.Dispose();
            _cache.Clear();
        }
    }

    private (long Id, Task<Message> Question, int Rotations) Begin(string name)
    {
        var question = new TaskCompletionSource<Message>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_isAtEnd) throw Unavailable("The supervisor is gone.");
            _questions.Add(++_lastId, question);
            return (_lastId, question.Task, _rotations.GetValueOrDefault(name));
        }
    }

    /// <summary>By its number, and not as the next one: a supervisor answers first what it knows first. An answer that nobody waits for any more is dropped.</summary>
    private void Answer(long id, Message answer)
    {
        // Under the lock: whoever forgets the question knows then whether there is an answer.
        lock (_lock)
        {
            if (_questions.Remove(id, out var question) && question.TrySetResult(answer)) return;
        }
        answer.Value?.Dispose();
    }

    private SecretValue Take(string name, Message answer, int rotations)
    {
        if (answer.Name != name)
        {
            answer.Value?.Dispose();
            throw Unavailable($"The supervisor was asked for \"{name}\" and answered with another secret.");
        }
        if (answer.Value is not { } value) throw answer.Error is "not_found" ? new SecretNotFoundException(Supervisor, name) : Unavailable($"The supervisor does not give \"{name}\": {answer.Error}.");
        masks.Set(name, value);
        lock (_lock)
        {
            if (rotations != _rotations.GetValueOrDefault(name) || _isAtEnd) return value;
            _cache.Remove(name, out var old);
            old?.Dispose();
            _cache.Add(name, value.Reveal(SecretValue.FromBytes));
            return value;
        }
    }

    private SecretValue? Kept(string name)
    {
        lock (_lock) return _cache.TryGetValue(name, out var value) ? value.Reveal(SecretValue.FromBytes) : null;
    }

    private void Forget(long id)
    {
        TaskCompletionSource<Message>? question;
        lock (_lock) _questions.Remove(id, out question);
        question?.TrySetCanceled();
    }

    /// <summary>Drops the old values. Returns who wants to know.</summary>
    private List<Subscription> Forget(IReadOnlyList<string> names)
    {
        lock (_lock)
        {
            foreach (var name in names)
            {
                _rotations[name] = _rotations.GetValueOrDefault(name) + 1;
                _cache.Remove(name, out var value);
                value?.Dispose();
            }
            return [.. _subscriptions.Where(subscription => names.Contains(subscription.Name))];
        }
    }

    private async Task RotateAsync(Task before, long number, List<Subscription> subscriptions, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        string? error = null;
        foreach (var subscription in subscriptions)
        {
            try
            {
                using var value = await GetAsync(subscription.Name, SecretMode.CacheThenRemote, cancellationToken);
                await subscription.Changed(value, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Not its message, which may quote anything.
                error = e.GetType().Name;
            }
        }
        await channel.WriteAsync(new() { Ack = number, Error = error }, cancellationToken);
    }

    private void End()
    {
        List<TaskCompletionSource<Message>> open;
        lock (_lock)
        {
            _isAtEnd = true;
            open = [.. _questions.Values];
            _questions.Clear();
        }
        foreach (var question in open) question.TrySetException(Unavailable("The supervisor is gone."));
    }

    private static SecretUnavailableException Unavailable(string message, Exception? cause = null) => new(Supervisor, message, cause);

    private sealed class Subscription(SecretClient client, string name, Changed changed) : IDisposable
    {
        public string Name => name;

        public Changed Changed => changed;

        public void Dispose()
        {
            lock (client._lock) client._subscriptions.Remove(this);
        }
    }
}
