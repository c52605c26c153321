using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Client.Providers;

/// <summary>A client whose token may be exchanged while it works.</summary>
internal sealed class VaultSession : IDisposable
{
    private readonly VaultProviderOptions _options;
    private readonly Lock _lock = new();
    private readonly List<MillClient> _old = []; // may still be in use
    private MillClient _client;
    private string? _token;

    /// <summary>Throws <see cref="SecretConfigurationException"/> for an address or a token that is none.</summary>
    public VaultSession(VaultProviderOptions options)
    {
        _options = options;
        _token = ReadToken() ?? options.Server.Token;
        _client = Open(options, _token);
    }

    /// <summary>Null where there is none by now.</summary>
    public string? Token
    {
        get
        {
            lock (_lock) return _token;
        }
    }

    public MillClient Client
    {
        get
        {
            lock (_lock) return _client;
        }
    }

    /// <summary>Does something with the client, and once more with another token where there is one by now.</summary>
    public async Task<T> DoAsync<T>(Func<MillClient, Task<T>> call)
    {
        var client = Client;
        try
        {
            return await call(client).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.Unauthenticated && TryRenew(client))
        {
            return await call(Client).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the token that is in its file by now; false where it is the one that was refused.</summary>
    /// <param name="refused">The client whose token was refused: another call may have exchanged it already.</param>
    public bool TryRenew(MillClient refused)
    {
        var token = ReadToken();
        lock (_lock)
        {
            if (_client != refused) return true;
            if (token is null || token == _token) return false;
            _old.Add(_client);
            (_token, _client) = (token, Open(_options, token));
            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _client.Dispose();
            foreach (var old in _old) old.Dispose();
        }
    }

    private static MillClient Open(VaultProviderOptions options, string? token)
    {
        if (token is not null && !IsToken(token)) throw new SecretConfigurationException(options.Name, $"The token of {options.Name} is none: it cannot stand in a header.");
        try
        {
            return new(options.Server with { Token = token });
        }
        catch (MillException e)
        {
            throw VaultFollower.ErrorOf(options.Name, e);
        }
    }

    private static bool IsToken(string text) => text.All(letter => letter is > ' ' and <= '~');

    private string? ReadToken()
    {
        try
        {
            return _options.TokenFile is { } file && File.ReadAllText(file).Trim() is { Length: > 0 } token && IsToken(token) ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // not written yet, or being exchanged
        }
    }
}
