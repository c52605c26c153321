namespace Mill.Core.Model;

/// <summary>What a node is for.</summary>
public enum NodeRole
{
    /// <summary>Holds the state and, with the master key, opens what is sealed in it.</summary>
    Vault,

    /// <summary>Answers clients and passes on to vault nodes; never has the master key.</summary>
    Api,

    /// <summary>A vault that answers clients too.</summary>
    Both,
}

/// <summary>Roles as text, and which role takes another in.</summary>
public static class NodeRoles
{
    public static string Text(this NodeRole role) => role switch
    {
        NodeRole.Vault => "vault",
        NodeRole.Api => "api",
        _ => "both",
    };

    public static bool TryParse(string? text, out NodeRole role)
    {
        role = text switch
        {
            "vault" => NodeRole.Vault,
            "api" => NodeRole.Api,
            "both" => NodeRole.Both,
            _ => (NodeRole)(-1),
        };
        return Enum.IsDefined(role);
    }

    /// <summary>Whether a node of this role does all that a node of the other does.</summary>
    public static bool Includes(this NodeRole role, NodeRole other) => role == other || (role is NodeRole.Both && Enum.IsDefined(other));

    /// <summary>Whether a node of this role needs the master key.</summary>
    public static bool HoldsKey(this NodeRole role) => role.Includes(NodeRole.Vault);
}
