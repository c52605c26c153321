using System.Globalization;

namespace Mill.Programs;

/// <summary>
/// The runtime raises its limit of open files to what is allowed, and a program would inherit that: one that uses select(2), or closes every number there could be, breaks or gets slow. What this process had
/// at first nobody says any more, but its parent had the same.
/// </summary>
internal static unsafe class ProgramLimits
{
    private const string OpenFiles = "Max open files";

    /// <summary>Leaves the limit as it is where the parent cannot be asked.</summary>
    public static void Restore()
    {
        var own = stackalloc ulong[2];
        if (ProgramNative.GetLimit(ProgramNative.OpenFilesLimit, own) != 0 || FindParents() is not { } parents || parents.Hard != own[1] || parents.Soft > own[0]) return;
        own[0] = parents.Soft;
        _ = ProgramNative.SetLimit(ProgramNative.OpenFilesLimit, own);
    }

    private static (ulong Soft, ulong Hard)? FindParents()
    {
        try
        {
            var line = File.ReadLines($"/proc/{ProgramNative.Parent().ToString(CultureInfo.InvariantCulture)}/limits").FirstOrDefault(line => line.StartsWith(OpenFiles, StringComparison.Ordinal));
            return line?[OpenFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, var hard, ..] && ulong.TryParse(soft, out var s) && ulong.TryParse(hard, out var h) ? (s, h) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
