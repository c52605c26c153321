namespace Mill.Server.Peers;

/// <summary>What nodes ask of each other. No part of the public contract.</summary>
public static class PeerPaths
{
    public const string Prefix = "/peer/";

    /// <summary>GET; <c>?settled=</c> takes microseconds.</summary>
    public const string Confirm = "/peer/confirm";

    /// <summary>GET; of the node that is asked, or, with <c>?node=</c> and an id, of another as that one is told.</summary>
    public const string Status = "/peer/status";

    public const string Members = "/peer/members";

    /// <summary>POST, without a body: room in the engine for the node that asks.</summary>
    public const string Engine = "/peer/engine";

    /// <summary>POST, without a body.</summary>
    public const string Promote = "/peer/engine/promote";

    public const string Renew = "/peer/renew";

    /// <summary>POST: what a node says of its containers to the one that leads.</summary>
    public const string Report = "/peer/fleet/report";

    /// <summary>GET: what the node that leads has heard last and nobody keeps.</summary>
    public const string Live = "/peer/fleet/live";

    /// <summary>How another node is doing, as the one that is asked is told.</summary>
    public static string StatusOf(string node) => $"{Status}?node={Uri.EscapeDataString(node)}";

    /// <summary>GET: see <see cref="LogOf"/>.</summary>
    public const string Log = "/peer/logs/{alloc}";

    /// <summary>GET: what one container of the node that is asked wrote, a line of JSON for each of its own.</summary>
    public static string LogOf(string alloc, int tail, bool follow) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/peer/logs/{Uri.EscapeDataString(alloc)}?tail={tail}&follow={(follow ? "true" : "false")}");
}
