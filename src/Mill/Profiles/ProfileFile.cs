using System.Text.Json;
using Mill.Hosting;
using Mill.Interaction;

namespace Mill.Profiles;

/// <summary>The file <c>profile.json</c>, which holds a token and is therefore its owner's alone.</summary>
internal sealed class ProfileFile(string path)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public string Path => path;

    /// <summary>The place of the profile; null where there is no home to keep it in.</summary>
    public static ProfileFile? Find(CliHost host) =>
        Places.Config(host) is { } directory ? new(System.IO.Path.Combine(directory, "profile.json")) : null;

    /// <summary>The profile; null where there is none, or, with a warning, where it cannot be trusted or read.</summary>
    public Profile? Read(Terminal terminal)
    {
        try
        {
            if (!File.Exists(path)) return null;
            if ((File.GetUnixFileMode(path) & Others) is 0) return Parse() ?? Refuse(terminal, Words.ProfileDamaged(path));
            return Refuse(terminal, Words.ProfileOpen(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(terminal, Words.ProfileUnreadable(path, e.Message));
        }
    }

    /// <summary>
    /// Makes the commands of this user talk to a dev server. False where the profile is somebody's own, which is never replaced.
    /// Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where it cannot be written.
    /// </summary>
    public bool WriteDev(string address, string token)
    {
        if (File.Exists(path) && Parse() is not { Origin: Profile.DevOrigin }) return false;
        var directory = System.IO.Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(path, JsonSerializer.Serialize(new(address, token, Profile.DevOrigin), ProfileJson.Default.Profile));
        return true;
    }

    private Profile? Parse()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ProfileJson.Default.Profile) is { Address: not null } profile ? profile : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Profile? Refuse(Terminal terminal, string warning)
    {
        terminal.Say(warning);
        return null;
    }
}
