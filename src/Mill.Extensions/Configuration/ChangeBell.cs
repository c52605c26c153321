using System.Threading.Channels;

namespace Mill.Extensions.Configuration;

/// <summary>What is to be read again, and the bell for whoever does it.</summary>
internal sealed class ChangeBell
{
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Lock _lock = new();
    private HashSet<string> _keys = new(StringComparer.Ordinal);
    private bool _isAll;

    public void Ring(IEnumerable<string> keys)
    {
        lock (_lock)
        {
            _keys.UnionWith(keys);
            if (_keys.Count > 0) _bell.Writer.TryWrite(true);
        }
    }

    public void RingForAll()
    {
        lock (_lock)
        {
            _isAll = true;
            _bell.Writer.TryWrite(true);
        }
    }

    /// <summary>Ends at the bell, and with the token, without throwing.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await ((Task)_bell.Reader.WaitToReadAsync(cancellationToken).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Null for everything.</summary>
    public IReadOnlyCollection<string>? Take()
    {
        lock (_lock)
        {
            _bell.Reader.TryRead(out var _);
            var (taken, isAll) = (_keys, _isAll);
            (_keys, _isAll) = (new(StringComparer.Ordinal), false);
            return isAll ? null : taken;
        }
    }
}
