using System.Globalization;

namespace Mill.Sync.GitHub;

/// <summary>
/// Until when GitHub wants to be left alone by one user of this machine, in a file: a command that is started again does not ask inside a wait that the one before was told. What cannot be read or written
/// is as if nothing was noted: that is no reason to do nothing.
/// </summary>
public sealed class WaitNote(string path)
{
    /// <summary>GitHub's limits are those of an hour. What says more is of a clock that was wrong.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>Null where nothing is noted that is not over.</summary>
    internal DateTimeOffset? Read(DateTimeOffset now)
    {
        try
        {
            return long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                && milliseconds <= now.Add(Longest).ToUnixTimeMilliseconds()
                && DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) is var until && until > now ? until : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What is noted already, and is later, stays.</summary>
    internal void Write(DateTimeOffset until, DateTimeOffset now)
    {
        if (until <= now || Read(now) >= until) return;
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } directory) Directory.CreateDirectory(directory);
            var draft = $"{path}.{Guid.NewGuid():N}";
            // Never less than was asked for.
            File.WriteAllText(draft, (until.ToUnixTimeMilliseconds() + 1).ToString(CultureInfo.InvariantCulture));
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next command asks, and is told the same.
        }
    }
}
