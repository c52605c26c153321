using System.Threading.Channels;

namespace Mill.Secrets.Providers.Files;

/// <summary>Notices that secrets changed, and has them loaded once nobody is writing them any more.</summary>
/// <param name="reload">Answers whether it worked.</param>
internal sealed class FileFollower(ISecretFiles files, FileProviderOptions options, Func<CancellationToken, ValueTask<bool>> reload)
{
    /// <summary>After so many looks without a difference the content is compared all the same: a file may be exchanged for one of the same time and length.</summary>
    private const int LooksPerRead = 10;

    /// <summary>A file that never stands still is read at last, and what is half written then does not parse, or is read again.</summary>
    private const int MostSettling = 20;

    /// <summary>What could not be read is looked at again after so long: nobody else tells of it then.</summary>
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    private const string Unknown = "";

    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int _wasTold;
    private int _looks;

    /// <summary>Follows until the token is cancelled.</summary>
    /// <param name="look">What was seen when the secrets were loaded first.</param>
    public async Task RunAsync(string look, CancellationToken cancellationToken)
    {
        using var events = options.UsesFileSystemEvents ? new DirectoryEvents(files.Directory, Tell) : null;
        events?.EnsureListening();
        using var clock = options.Time.CreateTimer(_ => _bell.Writer.TryWrite(true), null, options.PollInterval, options.PollInterval);
        await foreach (var _ in _bell.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            look = await TryCheckAsync(look, cancellationToken).ConfigureAwait(false);
            // A directory that is made anew tells nothing to those who listened to the old one.
            if (look is not Unknown)
            {
                events?.EnsureListening();
                continue;
            }
            events?.StopListening();
            if (options.PollInterval > LongestRetry) clock.Change(LongestRetry, options.PollInterval);
        }
    }

    private void Tell(string name)
    {
        if (!files.Concerns(name)) return;
        Volatile.Write(ref _wasTold, 1);
        _bell.Writer.TryWrite(true);
    }

    /// <summary>Nobody awaits this before the end: what fails once, such as what is told of an error, must not end the watch.</summary>
    private async ValueTask<string> TryCheckAsync(string seen, CancellationToken cancellationToken)
    {
        try
        {
            return await CheckAsync(seen, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return Unknown;
        }
    }

    private async ValueTask<string> CheckAsync(string seen, CancellationToken cancellationToken)
    {
        var wasTold = Interlocked.Exchange(ref _wasTold, 0) is 1;
        var look = files.Look();
        var isChanged = wasTold || look != seen;
        if (!isChanged && ++_looks % LooksPerRead != 0) return seen;
        if (isChanged) look = await SettleAsync(look, cancellationToken).ConfigureAwait(false);
        return await reload(cancellationToken).ConfigureAwait(false) ? look : Unknown;
    }

    private async ValueTask<string> SettleAsync(string look, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MostSettling; i++)
        {
            await Task.Delay(options.SettleTime, options.Time, cancellationToken).ConfigureAwait(false);
            var next = files.Look();
            if (next == look) break;
            look = next;
        }
        return look;
    }
}
