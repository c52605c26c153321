using Mill.Client.Contracts;
using Mill.Core.Ports;

namespace Mill.Interaction;

/// <content>What is said about the nodes of a cluster to those who look after it.</content>
internal static partial class Words
{
    public const string Nodes = "List the nodes, who leads, and how far each one is";
    public const string Remove = "Take a node out of the cluster, for good; asks";
    public const string NodeArgument = "The node: its name or id, as mill nodes shows it";
    public const string Leave = "Take the node of this machine out of its cluster, for good; asks";
    public const string LeaveDirectoryOption = "The node's data directory [MILL_DATA_DIR; default: /var/lib/mill for root, else ~/.local/share/mill/node]";
    public const string JoinTokenGroup = "Make the right for one node to join, and print it, this once";
    public const string JoinTokenRoleOption = "What the node may be: vault, api, or both, which allows any of them [default: both]";
    public const string JoinTokenExpiresInOption = "How long it works: 30m, 12h, at most 7d [default: 1h]";
    public const string NoKeyOption = "Do not hand over the master key: the node has it already, or is given it by hand";
    public const string JoinTokenList = "List join tokens and who used them, never the tokens themselves";
    public const string JoinTokenRevoke = "Make a join token useless, at once; a node that joined with it stays";
    public const string JoinTokenIdArgument = "The id, as join-token list shows it";
    public const string LeaderGroup = "Say which node leads";
    public const string LeaderTransfer = "Let another node lead, without an interruption";
    public const string HeirArgument = "The node to lead next: its name or id; left out: any";

    public const string NotANode = "This cannot be a node of a cluster:";
    public const string NotANodeHint = "See what each option takes: mill init --help";
    public const string NodesHint = "See what there is: mill nodes";
    public const string NewJoinTokenHint = "Ask an operator for a new join token: mill join-token";
    public const string JoinTokenIsNoAccess = "This is a join token: it lets a node in, and nobody else.";
    public const string JoinTokenIsNoAccessHint = "Name an operator's token: --token TOKEN, or MILL_TOKEN. The first node keeps one in DATA_DIR/operator.token";
    public const string RemoveNeedsYes = "This cannot be undone, and there is no terminal to ask at.";
    public const string NobodyLeads = "nobody: nothing can be written until a majority of the vault nodes answers";
    public const string NoJoinTokens = "no join tokens";

    public static string ConfirmRemove(string node) =>
        $"Remove node {Printable.From(node)}? From then on it is refused everywhere, and what it stored counts no more. To come back, it has to join with an empty data directory.";

    public static string ConfirmLeave(string node, string directory) => $"{ConfirmRemove(node)} (This is the node in {Printable.From(directory)}.)";

    public static string NodeIsRemoved(string node) => $"node {Printable.From(node)} removed; its data directory can be deleted";

    public static string NodeHasLeft(string node, string directory, bool isOver) =>
        $"node {Printable.From(node)} has left; its data directory {Printable.From(directory)} can be deleted{(isOver ? "" : " once its server has stopped")}";

    public static string NoNodeHere(string directory) => $"There is no node in {Printable.From(directory)}.";

    public static string NoNodeHereHint(string option) => $"Name its data directory: {option} DIR";

    public static string LeaveFromElsewhereHint(string node) => $"Start it, or take it out from another node: mill remove {node} --address URL";

    public static string JoinTokenIsMade(JoinTokenResponse token, Uri server) => Printable.From(
        $"join token {token.Id}: one node of the role {RoleOf(token)}, until {Times.Show(token.ExpiresAt)}; {KeyOf(token)}. It is shown this once.")
        + $"\nOn the machine that is to join, with the token in MILL_JOIN_TOKEN: mill join {server.Authority} --advertise IP";

    public static string JoinTokenIsRevoked(string id) => $"join token {Printable.From(id)} revoked";

    public static string Leads(LeaderResponse leader) => $"node {Printable.From(leader.Name)} leads";

    /// <summary>One node in a line of <c>mill status</c>.</summary>
    public static string Member(NodeItem node)
    {
        var parts = new List<string> { $"{node.Name} {node.Address} {node.State}" };
        if (node.Lag is > 0 and var lag) parts.Add($"{Count(lag, "revision")} behind");
        if (node.Engine is { } engine) parts.Add(Engine(engine));
        if (node.Reason is { } reason) parts.Add(reason);
        return string.Join("; ", parts);
    }

    public const string NoStorageOfItsOwn = "--storage-quota is for the etcd that Mill runs on this node, and it runs none.";
    public const string NoStorageOfItsOwnHint = "Leave it out. A node of the role api holds no state; an etcd that somebody else runs has a --quota-backend-bytes of its own.";

    public const string DatabaseIsFull = "the database is full, and nothing is written. " + StorageAdvice.Full;

    public static string DatabaseIsNearlyFull(string node) => $"{Printable.From(node)} has used most of its database; {StorageAdvice.InTime}";

    public static string VotersAreEven(int voters) => Invariant(
        $"{voters} vault nodes survive the loss of {Survivable(voters)}, as {voters - 1} do: add one or remove one");

    public const string VotersAreTwo = "2 vault nodes survive no loss: when either stops, nothing can be written. 3 survive the loss of 1; add one with: mill join-token";

    public const string VoterIsOne = "1 vault node survives no loss; 3 survive the loss of 1. Add nodes with: mill join-token";

    /// <summary>Nothing is left to lose.</summary>
    public static string AnotherLossStops(int answering, int voters) => Invariant($"{answering} of {voters} vault nodes answer: without one more of them nothing can be written");

    public static string NodeIsLearning(string node) => $"{Printable.From(node)} is still learning the state, and does not count yet";

    public static string NodeIsUnreachable(string node) => $"{Printable.From(node)} cannot be reached: see to it, or if it is gone for good: mill remove {Printable.From(node)}";

    public static string NodeIsSealed(string node) => $"{Printable.From(node)} is sealed: give it the master key that it asks for; mill status says which";

    private static string RoleOf(JoinTokenResponse token) => token.Role is "both" ? "vault, api or both" : token.Role;

    private static string KeyOf(JoinTokenResponse token) => token.HandsOverKey ? "it is given the master key if it needs it" : "it is not given the master key";

    private static int Survivable(int voters) => (voters - 1) / 2;

    private static string Engine(EngineItem engine)
    {
        var (size, quota) = (engine.DatabaseBytes is { } bytes ? $", {Size(bytes)}" : "", engine.DatabaseQuotaBytes is { } most ? $" of {Size(most)}" : "");
        var (full, defragments) = (engine.DatabaseFull ? ", full: nothing is written" : "", engine.Defragmentation is "running" ? ", being defragmented" : "");
        return $"{engine.Engine} {engine.State}{size}{quota}{full}{defragments}";
    }

    private static string Size(long bytes) => bytes < 1 << 20 ? Invariant($"{(bytes + 1023) / 1024} KiB") : bytes < 1 << 30 ? Invariant($"{bytes / (double)(1 << 20):0.#} MiB") : Invariant($"{bytes / (double)(1 << 30):0.##} GiB");
}
