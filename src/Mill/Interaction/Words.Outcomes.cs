using System.Globalization;
using Mill.Client.Contracts;
using Mill.Core.Backups;

namespace Mill.Interaction;

/// <content>What <c>mill</c> says about outcomes and failures.</content>
internal static partial class Words
{
    public const string NoSecrets = "no secrets";
    public const string EnterValueAgain = "The same again: ";
    public const string ValuesDiffer = "The two values differ; nothing was set.";
    public const string ValuesDifferHint = "Try again, or pipe the value in: mill secret set NAME -";
    public const string TooLongToType = "The value is too long to type.";
    public const string TooLongToTypeHint = "Take it from a file: mill secret set NAME --file FILE";
    public const string ValueTooLarge = "The value is larger than 256 KiB.";
    public const string ValueTooLargeHint = "A secret is a key or a password; keep the large thing elsewhere, encrypted with it.";
    public const string EndsWithNewline = "note: the value ends with a newline, which is stored; --trim-newline leaves it out";
    public const string EmptyValue = "There is nothing in the value.";
    public const string VersionsOrAll = "Either --version or --all must say what to destroy.";
    public const string NeedsYes = "Destroying cannot be undone, and there is no terminal to ask at.";
    public const string NeedsYesHint = "If you are sure, add --yes.";
    public const string NothingDone = "nothing was done";
    public const string NoLimit = "No limit is given.";
    public const string NoLimitHint = "Name one: mill retention set --max-versions 10, or --max-age 90d. To remove them: mill retention clear";
    public const string NoTokenHint = "Set MILL_TOKEN to a token. For a server of your own, mill dev makes one and remembers it.";
    public const string TokenRefusedHint = "Check MILL_TOKEN or --token; mill dev prints one.";
    public const string NameNotAllowedHint = "The patterns of this token may not include this name. Another token can: mill token create --allow PATTERN";
    public const string NotAToken = "The token holds characters that no token has.";
    public const string NotAnAddress = "The address of the server is not one.";
    public const string NotAnAddressHint = "Write it like http://127.0.0.1:4400, with nothing after the port.";
    public const string NotATimeoutHint = $"Write it like {Profiles.Connection.TimeoutVariable}=30000, or leave it out.";
    public const string NotAnEndpointHint = "Write an address and a port: --listen 127.0.0.1:4400";
    public const string NoHome = "There is no home directory to keep things in.";

    public static string DevSealed(string? reason, string? needed, string? present) =>
        $"warning: the vault is sealed: {reason}. Needed is key {needed ?? "(any)"}, present is {present ?? "none"}.\n"
        + "warning: names and histories can be read, values cannot, and nothing is written";

    public static string DevUnsealByFile(string file) => $"hint: put the right key at {file}: the vault opens by itself";

    public const string DevStopped = "Stopped. Everything that was acknowledged is on the disk.";

    public const string DevUnsealByVariable = "hint: start again with the right MILL_MASTER_KEY";

    public const string Watching = "watching…";

    public const string WatchLost = "connection lost, trying again…";

    public const string WatchAgain = "connected again";

    public const string StandardOutput = "(standard output)";
    public const string NoBackupFile = "There is no name for the backup.";
    public const string NoBackupFileHint = "mill backup FILE, or mill backup - > FILE";
    public const string NoPlaceForBackupHint = "Name a file. For the standard output: mill backup -";
    public const string BackupExistsHint = "Choose another name, or replace it with --force.";
    public const string NoSpaceForBackupHint = "Free some space, or choose another place.";
    public const string BackupNotWrittenHint = "It must be a place on a working disk where this user may write.";
    public const string BackupOnScreen = "A backup is nothing to read on a screen.";
    public const string BackupOnScreenHint = "Name a file, or pipe it: mill backup - | gzip > FILE";
    public const string BackupUnsound = "warning: the backup holds what was stored, but not all of that fits together:";
    public const string BackupDoesNotFitHint = "See everything that is wrong: mill backup verify FILE";
    public const string RestoreInterrupted = "Interrupted. What is there is half of a store, which no server opens; the same command begins again.";

    public const string DevWaitsForKey = "Sealed; waiting for the key. See: mill status";

    public const string DevNext = "Ready. In another terminal: mill secret set db.password";

    public static string EnterValue(string name) => $"Value of {Printable.From(name)} (not shown): ";

    public static string SecretIsSet(string name, int version) => Invariant($"secret {Printable.From(name)} set (version {version})");

    public static string SecretIsUnchanged(string name, int version) => Invariant($"secret {Printable.From(name)} unchanged (version {version} has this value already)");

    public static string SecretIsDeleted(string name) => $"secret {Printable.From(name)} deleted";

    public static string SecretIsDestroyed(string name, int[]? versions) => $"secret {Printable.From(name)}: {What(versions)} destroyed";

    public static string ConfirmDestroy(string name, int[]? versions) => $"Destroy {What(versions)} of {Printable.From(name)} for ever?";

    public static string EmptyValueHint(string name) => $"If it is to be empty, say so: mill secret set {name} \"\", or add --allow-empty.";

    public static string VersionsOrAllHint(string name) => $"See what there is: mill secret history {name}";

    public static string NoSuchVersion(string name, int? version, DateTimeOffset? at) =>
        version is { } number ? Invariant($"There is no version {number} of {name}.") : $"There was no value of {name} at {Times.Show(at, "that time")}.";

    public static string ValueIsNotText(string name) => $"The value of {name} is not plain text, and this is a terminal.";

    public static string ValueIsNotTextHint(string name) => $"Write it to a file: mill secret get {name} --raw > FILE";

    public static string TokenIsMade(TokenResponse token) => Printable.From(
        $"token {token.Id} for {token.Subject}: {token.Role} in tenant {token.Tenant}, expires {Times.Show(token.ExpiresAt, "never")}. It is shown this once.");

    public static string TokenIsRevoked(string id) => $"token {Printable.From(id)} revoked";

    public static string Seal(SealResponse seal) => seal.Sealed
        ? $"sealed: needs master key {seal.NeededKeyId ?? "(unknown)"}, has {seal.PresentKeyId ?? "none"}{(seal.Reason is { } reason ? $" ({reason})" : "")}"
        : "open";

    public static string Verified(VerifyResponse answer) => Invariant(
        $"{(answer.Sound ? "sound" : "UNSOUND")}: {Count(answer.Secrets, "secret")}, {Count(answer.Versions, "version")}, {answer.Opened} opened, {answer.Destroyed} destroyed (revision {answer.Revision})");

    public static string FileNotReplaced(string path, string why) => $"The file {path} cannot be replaced: {why}";

    public static string FileChanged(string path) => $"The file {path} was changed by somebody else meanwhile, and was left as it is.";

    public const string FileChangedHint = "Run the same command again.";

    public static string EnvFileNotUtf8(string path) => $"The file {path} is not text in UTF-8.";

    public const string EnvNothingToEncrypt = "Nothing in the file looks like a secret, and there is no enc(NAME).";
    public const string EnvNothingToEncryptHint = "Name the variables with --key, or take --all.";

    public const string EnvNothingToStore = "Nothing to store: no value of its own in the file looks like a secret.";

    public const string EnvNotAPrefix = "What --prefix says cannot be the beginning of a secret's name.";

    public static string EnvNoSuchKey(string path, IEnumerable<string> keys) => $"The file {path} has no value for {string.Join(", ", keys)}.";

    public static string EnvStored(EnvSecretItem secret, bool dryRun) => Invariant(
        $"secret {Printable.From(secret.Name)} {(dryRun ? "would be" : "is")} {(secret.Created ? "created" : secret.Changed ? "updated" : "unchanged")} (version {secret.Version})");

    public static string EnvEncrypted(string path) => Printable.From($"{path}: no plaintext of these is left in it. What it held before may still be in the history of your version control.");

    public static string EnvPlaintext(string key, string why) => $"The plaintext of {key} stands in the file: {why}.";

    public const string EnvAskedFor = "an enc(NAME) asks for it";

    public const string EnvInParentheses = "it is in the parentheses of enc(NAME, VALUE)";

    public static string EnvNotStored(string key) => $"The value of {key} is not stored yet: encrypt the file.";

    public const string EnvUnclosed = "A reference is not closed. For text that looks like one, write a backslash before it.";

    public static string EnvNotAName(string rule) => $"This is not the name of a secret. {rule}";

    public const string EnvNotAVersion = "What follows @ is a version, a number from 1.";

    public const string EnvPlaintextHint = "Store it: mill env encrypt FILE --in-place. What is no secret: --allow KEY.";

    public static string EnvChecked(int files) => $"{Count(files, "file")} checked: nothing to mend";

    public static string EnvFound(int problems, int files) => $"There {(problems is 1 ? "is" : "are")} {Count(problems, "problem")} in {Count(files, "file")}.";

    public static string NoVariable(string name) => $"\"{name}\" cannot be the name of a variable.";

    public static string NoVariableValue(string name) => $"The value of {name} holds a NUL byte, which no environment can carry.";

    public static string NoVariableHint(string text) => $"Name the variable: --secret {text.Split('=')[0]}=VAR";

    public static string VariableTooLarge(string name) => $"The value of {name} is larger than what one variable of an environment may be (128 KiB).";

    public const string ArgumentNotText = "An argument of the program is not text in UTF-8, and would not reach it as it was typed.";

    public static string NoSuchProgram(string program) => $"There is no program \"{program}\".";

    public static string ProgramNotRunnable(string program, string why) => $"The program \"{program}\" cannot be run: {why}";

    public static string NothingStarted(int count) => $"Nothing was started: {(count is 1 ? "there is a problem" : $"there are {Count(count, "problem")}")} with the secrets.";

    public const string ProgramRestarts = "mill: a secret has changed; the program is restarted";

    public static string ProgramStays(string why) => $"mill: a secret has changed, but the program goes on as it is: {Printable.From(why)}";

    public static string ProgramUnwatched(string why) => $"mill: changes of secrets are not seen any more: {Printable.From(why)}";

    public const string OnlyLocal = "note: no majority can be reached; this is what the node itself knows, and it may be old";

    public static string EnvExpanded(string path, int references) => Printable.From($"{path}: {Count(references, "reference")} expanded. It now holds the values: keep it out of version control.");

    public static string FileUnreadable(string path, string why) => $"The file {path} cannot be read: {why}";

    public static string ProfileDamaged(string path) => $"warning: the profile {path} is not one and is not used";

    public static string ProfileOpen(string path) => $"warning: the profile {path} can be read by others and is not used; fix it with: chmod 600 {path}";

    public static string ProfileUnreadable(string path, string why) => $"warning: the profile {path} cannot be read: {why}";

    public static string NoSuchBackup(string path) => $"There is no file {path}.";

    public static string NoPlaceForBackup(string path) => $"A backup cannot be written to {path}.";

    public static string BackupExists(string path) => $"The file {path} exists already.";

    public static string NoSpaceForBackup(string path) => $"No space is left for the backup {path}; what was there before is still there.";

    public static string BackupNotWritten(string path, string why) => $"The backup {path} cannot be written: {why}";

    public static string BackupDoesNotFit(string path, string problem) => $"The backup {path} is whole, but what it holds does not fit together: {problem}.";

    public static string BackedUp(string path, BackupReport report) =>
        Invariant($"backup {Printable.From(path)}: revision {report.Header.Revision}, {Count(report.Secrets, "secret")}, {Count(report.Versions, "version")}, {Count(report.Tokens, "token")}, {report.Bytes} bytes");

    public static string BackupVerified(BackupReport report) => Invariant(
        $"{(report.IsSound ? "sound" : "UNSOUND")}: {Count(report.Secrets, "secret")}, {Count(report.Versions, "version")}, {(report.Opened is { } opened ? $"{opened} opened, " : "")}{report.Destroyed} destroyed, ")
        + Invariant($"{Count(report.Tokens, "token")}, {report.Bytes} bytes (revision {report.Header.Revision}, made {report.Header.MadeAt} by mill {Printable.From(report.Header.MadeBy)})");

    public static string BackupNotOpened(string keyId) => $"note: no version was opened, because no master key was named; with key {Printable.From(keyId)} at hand: --master-key-file FILE";

    public static string Restored(BackupReport report, string directory) =>
        Invariant($"restored {Printable.From(directory)}: revision {report.Header.Revision} of {report.Header.CommitTime}, {Count(report.Secrets, "secret")}, {Count(report.Versions, "version")}, {Count(report.Tokens, "token")}");

    public static string RestoredHint(string keyId, string directory) =>
        $"It needs the master key {Printable.From(keyId)}. Tokens that were revoked, and versions that were destroyed since the backup was made, are back: see to them.\nhint: mill dev --data-dir {ShellWord.From(directory)}";

    public static string NotADuration(string text) => $"'{text}' is not a length of time such as 30m, 12h or 7d.";

    public static string NotALogRoom(string text) => $"'{text}' is not a size from 1M on, such as 512M or 4G.";

    public static string NotAStorageQuota(string text) => $"'{text}' is not a size from 64M to 64G, such as 512M or 4G.";

    public static string NeedsBackupDirectory(string option) => $"{option} says nothing without a place for the backups.";

    public static string NoToken(Uri server) => $"There is no token for {server.GetLeftPart(UriPartial.Authority)}.";

    public static string NotATimeout(string text, int most) => Invariant($"{Profiles.Connection.TimeoutVariable} is a number of milliseconds from 1 to {most}, and not '{text}'.");

    public static string NotANumber(string text) => $"'{text}' is not a number from 1.";

    public static string NotAChoice(string text, string[] words) => $"'{text}' is none of {string.Join(", ", words)}.";

    public static string NotATime(string text) => $"'{text}' is not a time such as 2026-01-31T12:00:00Z, or now.";

    public static string NotAnEndpoint(string text) => $"'{text}' is not an address and a port.";

    public static string EmptyPath(string option) => $"{option} needs the name of a place.";

    public static string EmptyPathHint(string option) => $"Leave {option} out for the usual place.";

    public static string NoHomeHint(string option) => $"Name a place with {option}, or set HOME.";

    public static string DevData(string directory, string? keyFile, bool isNew) =>
        $"Data in {directory}, {(keyFile is null ? "master key from the environment" : $"master key in {keyFile}")}."
        + (isNew ? "\nThe master key was made just now. Keep a copy of it in a safe place: without it, nothing can be read." : "");

    /// <summary>A line to paste, for whom the profile does not speak.</summary>
    public static string DevByHand(string address, string tokenFile) =>
        $"In other terminals, first: export MILL_ADDRESS={address} MILL_TOKEN=\"$(cat {ShellWord.From(tokenFile)})\"";

    public static string ProfileLeftAlone(string path, Profiles.ProfileOutcome why) => why switch
    {
        Profiles.ProfileOutcome.InUse => $"note: the profile {path} names another server, which is running, and was left alone",
        Profiles.ProfileOutcome.Damaged => $"warning: the profile {path} is not one and was left alone",
        _ => $"note: the profile {path} was made by neither mill dev nor mill init and was left alone",
    };

    public static string ProfileNotWritten(string why) => $"warning: the profile cannot be written: {why}";

    public static string Unexpected(Exception e) => $"Something unexpected went wrong ({e.GetType().Name}).";

    public static string Counts(CountsResponse counts) =>
        $"{Count(counts.Secrets, "secret")} with {Count(counts.Versions, "version")} in tenant {counts.Tenant}";

    private static string Count(long count, string noun) => Invariant($"{count} {noun}{(count is 1 ? "" : "s")}");

    private static string What(int[]? versions) => versions switch
    {
        null => "all versions",
        [var one] => Invariant($"version {one}"),
        _ => $"versions {string.Join(", ", versions)}",
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
