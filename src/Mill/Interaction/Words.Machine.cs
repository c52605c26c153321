namespace Mill.Interaction;

/// <content>What is said about this machine.</content>
internal static partial class Words
{
    public const string Doctor = "Look whether this machine has what Mill needs; exit code 1 where something is missing";
    public const string DoctorDirectoryOption = "Where a server keeps its data [MILL_DATA_DIR; default: ~/.local/share/mill/dev]";
    public const string Clean = "Delete what mill dev has stored on this machine, and end its containers, for good; asks, and never while a server runs";
    public const string CleanDirectoryOption = "The data directory [MILL_DATA_DIR; default: ~/.local/share/mill/dev]";

    public const string ContainerEngine = "containers";
    public const string DataDirectory = "data directory";
    public const string Disk = "disk";
    public const string Port = "port";
    public const string EngineHint = "Only containers need it. Install one: apt install docker.io; or say where it is: DOCKER_HOST=unix:///path";
    public const string EngineStoppedHint = "Only containers need it. It is installed, and does not run here: sudo systemctl start docker";
    public const string EngineDeniedHint = "Let yourself use it: sudo usermod -aG docker $USER, and log in anew";
    public const string NotWritableHint = "See who owns it, or name another place: --data-dir DIR, or MILL_DATA_DIR";
    public const string DiskHint = "Make room, or name a place on another disk: --data-dir DIR, or MILL_DATA_DIR";
    public const string PortHint = "End what listens there, or let Mill listen elsewhere: mill dev --listen 127.0.0.1:4500";
    public const string FarServerHint = "Is it started? Is --address, or MILL_ADDRESS, or the profile, the right one?";
    public const string NeededByServers = "no server starts without it";
    public const string NeededForGitHub = "only pushing secrets to GitHub needs it";
    public const string EtcdMissing = "not found; only the nodes of a cluster need it";

    public const string NotADataDirectoryHint = "Name one that mill dev or a node keeps its data in: --data-dir DIR";
    public const string CleanNeedsForce = "This cannot be undone, and there is no terminal to ask at.";
    public const string CleanNeedsForceHint = "If that is meant: mill clean --force";

    public static string EngineAnswers(string address, string version) => $"an Engine answers at {address}, API {version}";

    public static string EngineRefuses(string address, int status) => Invariant($"what is at {address} answers {status}");

    public static string NoEngine(string address) => $"no Engine answers at {address}";

    public static string NotWritable(string directory) => $"nothing can be written in {directory}";

    public static string FreeOnDisk(string free) => $"{free} free";

    public static string MillAnswers(Uri address) => $"a Mill answers at {address.GetLeftPart(UriPartial.Authority)}";

    public static string OtherAnswers(Uri address) => $"something that is no Mill has {address.Authority}";

    public static string NothingAnswers(Uri address) => $"nothing answers at {address.GetLeftPart(UriPartial.Authority)}";

    public static string PortIsFree(int port) => Invariant($"{port} is free");

    public static string LibraryMissing(string file, string why) => $"{file} is not installed; {why}";

    public static string InstallHint(string package) => $"On Debian or Ubuntu: apt install {package}";

    public static string NothingToClean(string directory) => Printable.From($"there is nothing in {directory}");

    public static string NotADataDirectory(string directory) => $"{directory} is no data directory of Mill, and is left as it is.";

    public static string ConfirmClean(string directory) => Printable.From($"Delete all of this, with every secret in it, and end its containers? It cannot be undone. The master key, which is elsewhere, is kept. ({directory})");

    public static string Cleaned(string directory) => Printable.From($"{directory} is empty; the master key is kept");

    public static string ContainersAt(int count, string engine) => $"{count,8}  {(count is 1 ? "container" : "containers")} at {engine}";

    public static string EngineIsAway(string engine, string filter) => $"warning: the container engine at {engine} cannot be reached, so its containers stay. Once it answers: docker rm -f $(docker ps -aq --filter {filter})";

    public static string NotCleaned(string directory, string why) => $"Not all of {directory} could be deleted: {why}";
}
