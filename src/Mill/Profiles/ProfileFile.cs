using System.Text.Json;
using Mill.Interaction;

namespace Mill.Profiles;

/// <summary>The file <c>profile.json</c>, which holds a token and is therefore its owner's alone.</summary>
internal sealed class ProfileFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public string Path => path;

    /// <summary>The place of the profile; null where there is no home to keep it in.</summary>
    public static ProfileFile? Find(CliHost host)
    {
        var directory = host.Variable("MILL_CONFIG_DIR")
            ?? (host.Variable("XDG_CONFIG_HOME") is { } config ? System.IO.Path.Combine(config, "mill") : null)
            ?? (host.Variable("HOME") is { } home ? System.IO.Path.Combine(home, ".config", "mill") : null);
        return directory is null ? null : new(System.IO.Path.Combine(directory, "profile.json"));
    }

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
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        var draft = System.IO.Path.Combine(directory, $".profile.{Environment.ProcessId}.tmp");
        File.Delete(draft);
        // Written aside and moved: nobody ever reads half a profile, and the mode is right from the first byte.
        using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            JsonSerializer.Serialize(file, new(address, token, Profile.DevOrigin), ProfileJson.Default.Profile);
        File.Move(draft, path, overwrite: true);
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
