namespace Mill.Interaction;

/// <content>What is said about nodes.</content>
internal static partial class Words
{
    public const string NeedsAdvertise = "A node needs an address at which others reach it: --advertise IP";
    public const string NeedsAdvertiseHint = "Name an IP address of this machine (ip -brief address), or 127.0.0.1 for a trial on this machine alone.";
    public const string NeedsJoinToken = "To join, a node needs a join token: --token-file FILE, MILL_JOIN_TOKEN, or --token TOKEN.";
    public const string NeedsJoinTokenHint = "On a node of the cluster: mill join-token";
    public const string NotAJoinToken = "This is not a join token: one begins with mill_join_.";
    public const string NotAJoinTokenButAnother = "This is the token of somebody who uses the cluster; a join token begins with mill_join_.";
    public const string NotAJoinAddressHint = "For example 10.0.0.1, 10.0.0.1:4400 or https://node-1.example:4400.";
    public const string EtcdFilesAlone = "--etcd-ca, --etcd-cert and --etcd-key say how to reach --etcd-endpoints, which is missing.";
    public const string EtcdFilesAloneHint = "--etcd-endpoints https://10.0.0.9:2379 --etcd-ca ca.crt --etcd-cert client.crt --etcd-key client.key";
    public const string NotAnEtcdEndpointHint = "For example https://10.0.0.9:2379,https://10.0.0.10:2379.";
    public const string NotAVaultAddressHint = "For example https://10.0.0.1:4400,https://10.0.0.2:4400.";
    public const string NotAnAuthorityHint = "It is the file ca.crt in the data directory of any node.";
    public const string NodeMadeKey = "The master key was made just now. Keep a copy of it in a safe place: without it, nothing can be read.";
    public const string NodeFoundKey = "The master key was there already, and this cluster uses it. Keep a copy of it in a safe place: without it, nothing can be read.";

    public static string NotAnAddressToAdvertise(string text) => $"\"{Printable.From(text)}\" is no IP address that others can call.";

    public static string NotAJoinAddress(string text) => $"\"{Printable.From(text)}\" is no address of a node.";

    public static string NoTokenFile(string path) => $"There is no file {Printable.From(path)}.";

    public static string NotAnEtcdEndpoint(string text) => $"\"{Printable.From(text)}\" is no address of an etcd member.";

    public static string EtcdNeedsTls(string url) => $"{Printable.From(url)} is reached over the network, where only mutual TLS is safe: https, and all three files.";

    public static string NotAVaultAddress(string text) => $"\"{Printable.From(text)}\" is no address of a vault.";

    public static string NotAnAuthority(string path, string why) => $"{Printable.From(path)} is no certificate of an authority: {Printable.From(why)}";

    public static string NodeIsThere(string node, string directory, string? keyFile) => $"Node {node}, data in {directory}{(keyFile is null ? "" : $", master key in {keyFile}")}.";

    public static string NodeByHand(string address, string authority, string tokenFile) =>
        $"In other terminals, first: export MILL_ADDRESS={address} MILL_CACERT={ShellWord.From(authority)} MILL_TOKEN=\"$(cat {ShellWord.From(tokenFile)})\"";

    public static string NodeNext(string address) =>
        $"Ready. Try: mill secret set NAME\nOn the next machine: mill join {new Uri(address).Authority} --advertise IP, with the join token in MILL_JOIN_TOKEN.";

    public const string InitRestoreOption = "Begin with this backup instead of with nothing; needs the master key it was made with";
    public const string Recover = "Make the cluster one of this node alone, where most others are lost for good; the node must be stopped";
    public const string ConfirmRecover = "Go on?";

    public static string RecoverWarning(string directory) =>
        $"The cluster will be what the node in {Printable.From(directory)} has. What others had acknowledged, and this one had not heard of, is lost.\n"
        + "Every other node that holds the state is out: none of them may ever be started again with its old data.";

    public static string Recovered(string directory) =>
        $"The cluster has one node now.\nhint: mill server --data-dir {ShellWord.From(directory)}, and then let others join: mill join-token";
}
