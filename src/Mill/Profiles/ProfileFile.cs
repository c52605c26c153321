using System.Text.Json;
using Mill.Interaction;
using Mill.Vault;

namespace Mill.Profiles;

/// <summary>The file <c>profile.json</c>, which holds a token and is therefore its owner's alone.</summary>
internal sealed class ProfileFile(string path)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly TimeSpan ProbePatience = TimeSpan.FromMilliseconds(300);

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
    /// Makes the commands of this user talk to a server, unless the profile is somebody's own or names another server that answers.
    /// Throws <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> or <see cref="Secrets.MillException"/> where it cannot be written.
    /// </summary>
    public async Task<ProfileOutcome> WriteAsync(Profile profile, TimeProvider time, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            if (Parse() is not { } old) return ProfileOutcome.Damaged;
            if (!old.IsMade) return ProfileOutcome.SomebodysOwn;
            if (old.Address != profile.Address && await ServerProbe.AnswersAsync(old, ProbePatience, time, cancellationToken).ConfigureAwait(false)) return ProfileOutcome.InUse;
        }
        var directory = System.IO.Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(path, JsonSerializer.Serialize(profile, ProfileJson.Default.Profile));
        return ProfileOutcome.Written;
    }

    // Without a serializer: every command begins here, and to load one takes longer than all else that a short command does with text.
    private Profile? Parse()
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Text(document, "address") is { } address
                ? new(address, Text(document, "token"), Text(document, "origin") ?? "") { CaCert = Text(document, "ca_cert") }
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null where there is none. Throws <see cref="InvalidOperationException"/> where it is no text, or the document no object.</summary>
    private static string? Text(JsonDocument document, string name) => document.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static Profile? Refuse(Terminal terminal, string warning)
    {
        terminal.Say(warning);
        return null;
    }
}
