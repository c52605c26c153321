using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary>Where a <c>mill sync</c> runs: in a checkout, or somewhere else.</summary>
internal sealed class SyncPlace
{
    private readonly string _directory;

    private SyncPlace(string directory, GitDirectory? checkout) => (_directory, Checkout) = (directory, checkout);

    /// <summary>Null where there is none.</summary>
    public GitDirectory? Checkout { get; }

    /// <summary>Throws <see cref="MillError.Usage"/> where the directories above cannot be read.</summary>
    public static SyncPlace Find(CliHost host)
    {
        try
        {
            return new(host.Directory, GitDirectory.Find(host.Directory));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.Usage, Words.FileUnreadable(host.Directory, e.Message), e);
        }
    }

    /// <summary>What somebody typed counts from where they are, everything else from the top of the checkout.</summary>
    public string PathOf(string path, bool isGiven) => Path.GetFullPath(path, isGiven ? _directory : Checkout?.Root ?? _directory);

    /// <summary>How a person calls a file: from where they are.</summary>
    public string NameOf(string path) => Path.GetRelativePath(_directory, path);

    /// <summary>How programs that know the repository call it: from the top of the checkout, with slashes. Null for what is not in it.</summary>
    /// <param name="name">As <see cref="NameOf"/> made it.</param>
    public string? AddressOf(string name)
    {
        var path = Path.GetRelativePath(Checkout?.Root ?? _directory, Path.GetFullPath(name, _directory));
        return path.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(path) ? null : string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
    }
}
