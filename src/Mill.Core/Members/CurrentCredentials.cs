namespace Mill.Core.Members;

/// <summary>The credentials of this node, which a renewal replaces while connections are in use.</summary>
public sealed class CurrentCredentials(NodeCredentials first)
{
    private volatile NodeCredentials _value = first;

    public NodeCredentials Value => _value;

    /// <summary>The ones before are left to the collector: a handshake may be using them.</summary>
    public void Replace(NodeCredentials renewed) => _value = renewed;
}
