namespace Mill.Core.Model;

/// <summary>What a token may do. See <see cref="Mill.Core.Access.AccessRules"/>.</summary>
public enum Role
{
    /// <summary>Reads values, names and histories of secrets that exist.</summary>
    Reader,

    /// <summary>A reader that also sets and deletes, and sees what was deleted.</summary>
    Writer,

    /// <summary>Operates services and refers to secrets by name; reads no values.</summary>
    Deployer,

    /// <summary>Everything, in every tenant.</summary>
    Operator,
}
