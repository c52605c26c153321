using Mill.Secrets;

namespace Mill.Sync.Sealing;

/// <summary>Whether this machine has libsodium. It is looked for once, when the first value is sealed.</summary>
/// <param name="start">Less than 0 where it does not start.</param>
internal sealed class Sodium(Func<int> start)
{
    private readonly Lazy<bool> _isHere = new(() => IsHere(start));

    /// <summary>Throws <see cref="MillError.Unsupported"/> where it is not here, is one of another machine, or has not what is needed.</summary>
    public void Demand()
    {
        if (!_isHere.Value) throw new MillException(MillError.Unsupported, $"libsodium ({SodiumNative.Library}) is not installed on this machine; secrets for GitHub are sealed with it.") { Hint = "Install it. On Debian or Ubuntu: apt install libsodium23" };
    }

    private static bool IsHere(Func<int> start)
    {
        try
        {
            return start() >= 0;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            return false;
        }
    }
}
