namespace Mill.Interaction;

/// <summary>What <c>mill</c> says about its commands. What it says about their outcome stands in <c>Words.Outcomes.cs</c>.</summary>
internal static partial class Words
{
    public static string NotALabel(string text) => $"{text} is no label.";

    public static string Version => Hosting.MillVersion.Text;

    public const string Mill = "Runs containers on one to twenty machines, with their secrets: versioned, encrypted, isolated.";
    public const string AddressOption = "The server [MILL_ADDRESS; default: the profile's, else http://127.0.0.1:4400]";
    public const string TokenOption = "The token to use; prefer the variable, other users see command lines [MILL_TOKEN; default: the profile's]";
    public const string TenantOption = "The tenant to work in; for operators [MILL_TENANT; default: the token's]";
    public const string JsonOption = "Print JSON, errors too";

    public const string Secret = "Set, read and follow secrets";
    public const string NameArgument = "The name of the secret";
    public const string PrefixOption = "Only names that start with this";

    public const string SecretSet = "Set a secret; a value other than the current one makes a new version";
    public const string ValueArgument = "The value, or - for the standard input (after --, - is a value like any other); left out, it is asked for without being shown. On a command line it stays in the shell's history and others can see it: prefer the prompt or -";
    public const string FileOption = "Take the value from a file, byte for byte";
    public const string TrimNewlineOption = "Leave out one newline at the end of a file or of the standard input, which are else taken byte for byte";
    public const string AllowEmptyOption = "Take a file or an input with nothing in it for an empty value";
    public const string IfVersionOption = "Only if this version is the current one";
    public const string IfAbsentOption = "Only if there is no such secret";
    public const string ForceOption = "Make a new version even of the same value";

    public const string EnvGroup = "Work with .env files whose values are in the vault";
    public const string EnvExpand = "Print a .env file with values in the place of secret(NAME)";
    public const string EnvFileArgument = "The .env file; - is the standard input";
    public const string EnvFormatOption = "Who will read it: dotenv (default), shell, docker or json";
    public const string EnvAtOption = "The values that were valid at this time, such as 2026-01-31T12:00:00Z, or now";
    public const string EnvInPlaceOption = "Write it into the file instead: the file then holds the values";
    public const string Run = "Run a program with its secrets in the environment";
    public const string RunEnvFileOption = "A .env file with secret(NAME) in it; may be repeated, and a later one wins";
    public const string RunSecretOption = "A secret, and the variable it goes into if that has another name; may be repeated";
    public const string RunWatchOption = "Restart the program when a secret that it uses changes";
    public const string RunRedactOption = "Mask the values in what the program writes; its output is then a pipe, not the terminal";
    public const string RunCommandArgument = "The program and its arguments, after --";
    public const string NothingToInject = "Nothing says which secrets the program is to have.";
    public const string NothingToInjectHint = "mill run --env-file .env -- CMD, or mill run --secret NAME=VAR -- CMD";
    public const string NoProgram = "The program to run stands after --.";
    public const string NoProgramHint = "mill run --env-file .env -- CMD ARGS";
    public const string EnvFileTooLarge = "The file has more than 1 MiB.";
    public const string EnvEncrypt = "Store the secrets of a .env file and print it with secret(NAME) in their place, safe to commit";
    public const string EnvEncryptInPlaceOption = "Write it into the file instead";
    public const string EnvKeyOption = "Store the value of this variable; may be repeated. Otherwise those that look like secrets";
    public const string EnvAllOption = "Store the values of all variables";
    public const string EnvMarkedOption = "Store only what enc(NAME) stands for";
    public const string EnvPrefixOption = "What the names of the secrets begin with, such as app/; after it comes the name of the variable";
    public const string EnvOnExistingOption = "Of a secret that exists: update (default) makes a new version of another value, fail refuses";
    public const string EnvDryRunOption = "Say what would be stored, and store nothing";
    public const string EnvCheck = "Check .env files: no plaintext that looks like a secret, no reference that does not resolve";
    public const string EnvFilesArgument = "The .env files; - is the standard input";
    public const string EnvOfflineOption = "Look only at the files; ask no server whether the references resolve";
    public const string EnvInputNameOption = "What to call the standard input in what is found, such as the file whose staged content it is";
    public const string EnvAllowOption = "A variable that is no secret, whatever it looks like; may be repeated";
    public const string NothingInPlace = "The standard input has no place to write to.";
    public const string SecretGet = "Print the value of a secret, and a newline";
    public const string VersionOption = "This version instead of the current one";
    public const string AtOption = "The version that was valid at this time, such as 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00, or now";
    public const string RawOption = "Print exactly the bytes of the value, without a newline after it";

    public const string SecretList = "List names; in a pipe: name, version and time, separated by tabs";
    public const string SecretHistory = "List the versions of a secret and when each was valid; never values";
    public const string SecretDelete = "Delete a secret; old versions stay readable by number";
    public const string SecretDestroy = "Make the values of versions unrecoverable, for ever";
    public const string DestroyVersionOption = "A version to destroy; may be repeated";
    public const string DestroyAllOption = "Destroy all versions";
    public const string YesOption = "Do not ask";
    public const string SecretWatch = "Print changes as they happen, until interrupted; never values";

    public const string TokenGroup = "Make, list and revoke access tokens";
    public const string TokenCreate = "Make a token and print it, this once (--tenant says where it belongs)";
    public const string SubjectOption = "Who it is for; shown in histories";
    public const string RoleOption = "reader, writer, deployer or operator";
    public const string AllowOption = "Only names like this (app.*); may be repeated";
    public const string DenyOption = "No names like this; wins over --allow; may be repeated";
    public const string ExpiresInOption = "How long it works: 30m, 12h, 90d";
    public const string TokenList = "List tokens, never the tokens themselves";
    public const string TokenRevoke = "Make a token useless, at once";
    public const string TokenIdArgument = "The id, as token list shows it";

    public const string Status = "Show the server, its leader and its vault";
    public const string Verify = "Open every version and check that history is whole; exit code 11 if it is not";

    public const string Retention = "How much history is kept";
    public const string RetentionShow = "Show the limits";
    public const string RetentionSet = "Set limits; one that is not named stays as it is";
    public const string RetentionClear = "Remove the limits: keep everything";
    public const string MaxVersionsOption = "Keep this many versions of each secret";
    public const string MaxAgeOption = "Keep versions this long after they stopped being valid: 12h, 90d";

    public const string Backup = "Write a backup of everything into a file: all tenants, at one revision, still encrypted (for operators)";
    public const string BackupFileArgument = "Where to; - for the standard output. The master key is not in it: keep a copy of that elsewhere";
    public const string BackupForceOption = "Replace the file if there is one";
    public const string BackupVerify = "Look at every record of a backup, without a server; exit code 11 if it is not whole";
    public const string BackupToVerifyArgument = "The backup";
    public const string BackupKeyOption = "The master key, to open every version too [MILL_MASTER_KEY_FILE]. MILL_MASTER_KEY may hold the key itself";
    public const string Restore = "Restore a backup into an empty data directory, without a server; then start one there";
    public const string BackupToRestoreArgument = "The backup; it is verified first";
    public const string RestoreDirectoryOption = "Where to; must be empty, or not there [MILL_DATA_DIR; default: ~/.local/share/mill/dev]";

    public const string Completion = "Print a completion script";
    public const string ShellArgument = "bash, zsh or fish";

    public const string Dev = "Run a whole Mill on this machine, for development";
    public const string DataDirectoryOption = "Where to keep the state [MILL_DATA_DIR; default: ~/.local/share/mill/dev]";
    public const string ListenOption = "Where to listen [default: 127.0.0.1:4400]";
    public const string MasterKeyFileOption = "The file of the master key; made if there is no data yet [MILL_MASTER_KEY_FILE; default: ~/.config/mill/master.key]. MILL_MASTER_KEY may hold the key itself";
    public const string DockerOption = "The container engine: unix:///var/run/docker.sock, tcp://127.0.0.1:2375, or off [DOCKER_HOST; default: /var/run/docker.sock if it is there]";
    public const string LabelOption = "A label of this node, for what is to run on certain nodes only; as often as there are labels";
    public const string NotALabelHint = "For example: --label disk=ssd. Name and value have 1 to 63 of A-Z a-z 0-9 . _ - and /.";
    public const string LogLevelOption = "trace, debug, info, warning or error [default: warning]";
    public const string BackupDirectoryOption = "Make backups here by itself, best on another disk [MILL_BACKUP_DIR]";
    public const string BackupEveryOption = "How often: 30m, 12h, 7d [MILL_BACKUP_EVERY; default: 24h]";
    public const string BackupKeepOption = "How many of them to keep [MILL_BACKUP_KEEP; default: 14]";
    public const string InsecureOption = "Listen on an address that others can reach, although tokens and values then cross the network in the clear";

    public const string CaCertOption = "The authority whose servers are believed: ca.crt of a cluster [MILL_CACERT; default: the profile's]";
    public const string Init = "Found a cluster on this machine and serve: its first node";
    public const string Join = "Let this machine into a cluster, as a node, and serve";
    public const string Server = "Start a node that was founded or joined, and serve";
    public const string JoinAddressArgument = "A node of the cluster: 10.0.0.1, 10.0.0.1:4400 or a host's name";
    public const string JoinTokenFileOption = "A file with the join token; or name the token itself with --token (others can see command lines), or in MILL_JOIN_TOKEN";
    public const string InitRoleOption = "vault (holds the state, for APIs on other machines) or both [default: both]";
    public const string JoinRoleOption = "vault (holds the state), api (holds neither state nor key, and passes on to the vaults) or both [default: both]";
    public const string ServerRoleOption = "What the node is: vault, api or both; refused where it is something else";
    public const string VaultsOption = "For the role api: the vaults to pass on to [default: those of the cluster]";
    public const string NodeDataDirectoryOption = "Where the node keeps everything [MILL_DATA_DIR; default: /var/lib/mill for root, else ~/.local/share/mill/node]";
    public const string NodeMasterKeyFileOption = "The file of the master key, outside the data directory [MILL_MASTER_KEY_FILE; default: ~/.config/mill/master.key]. MILL_MASTER_KEY may hold the key itself";
    public const string EtcdOption = "The etcd program [MILL_ETCD; default: beside mill, or on the PATH]";
    public const string LogRetentionOption = "How long the log of a container is kept after its end [MILL_LOG_RETENTION; default: 24h]";
    public const string LogRoomOption = "For the logs of all containers of this node together, from 1M; then the oldest go [MILL_LOG_ROOM; default: 512M]";
    public const string StorageQuotaOption = "How large the database of its etcd may grow, from 64M to 64G; beyond that nothing is written. The same on every node, and kept [default: 2G]";
    public const string AdvertiseOption = "The IP address of this machine at which other nodes and clients reach it; everything is bound to it";
    public const string NodeNameOption = "What the node is called [default: the name of the machine]";
    public const string ApiPortOption = "Where it answers clients and other nodes [default: 4400]";
    public const string PeerPortOption = "Where its etcd answers those of other nodes [default: 2380]";
    public const string EtcdEndpointsOption = "Keep the state in this etcd cluster instead of running one: https://10.0.0.9:2379,…";
    public const string EtcdAuthorityOption = "With --etcd-endpoints: the authority of that cluster, in PEM";
    public const string EtcdCertificateOption = "With --etcd-endpoints: the certificate to show there, in PEM";
    public const string EtcdKeyOption = "With --etcd-endpoints: its key, in PEM";
}
