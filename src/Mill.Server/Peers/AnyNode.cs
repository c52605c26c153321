namespace Mill.Server.Peers;

/// <summary>Marks a path that is no read by its method, and yet is answered by the node that was asked.</summary>
internal sealed record AnyNode
{
    public static AnyNode Instance { get; } = new();
}

/// <summary>Marks a path that needs no token.</summary>
internal sealed record Anonymous
{
    public static Anonymous Instance { get; } = new();
}
