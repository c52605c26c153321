using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Core.Secrets;

/// <summary>What of a history a caller gets to see. The order of the questions is what keeps existence hidden: see <c>docs/model.md</c>.</summary>
public static class Visibility
{
    /// <summary>
    /// Throws not found where the name lies outside the caller's patterns, before anything else is looked at, and forbidden where the role lacks the
    /// verb; neither depends on whether the secret exists.
    /// </summary>
    public static void Demand(Caller caller, SecretName name, Verb verb)
    {
        if (!caller.Sees(name)) throw SecretDecisions.NotFound(name);
        AccessRules.Demand(caller, verb);
    }

    /// <summary>The history of a secret, or null where it does not exist for this caller: a deleted one only shows itself to a writer.</summary>
    public static SecretHistory? Find(ClusterState state, Caller caller, SecretName name) =>
        state.Find(new(caller.Tenant, name)) is { } history && Shows(caller, history) ? history : null;

    /// <summary>Whether a history within the caller's patterns is there for it: see <see cref="Find"/>.</summary>
    public static bool Shows(Caller caller, SecretHistory history) =>
        history.Latest is not null && (history.Current is not null || AccessRules.Allows(caller.Role, Verb.ReadDeleted));

    /// <summary>How many secrets exist for a caller, and how many versions it may see.</summary>
    public static (long Secrets, long Versions) Count(TenantSecrets tenant, Caller caller)
    {
        if (caller is { Allow.Count: 0, Deny.Count: 0 } && AccessRules.Allows(caller.Role, Verb.ReadDeleted)) return (tenant.ExistingCount, tenant.VersionCount);
        var visible = tenant.Histories.Where(history => caller.Sees(history.Name) && Shows(caller, history)).ToList();
        return (visible.Count(history => history.Current is not null), visible.Sum(history => (long)history.Versions.Count));
    }

    /// <summary>The version a read asks for, or null.</summary>
    public static SecretVersion? Choose(SecretHistory history, ReadSecret request) => request switch
    {
        { Version: { } number } => history.Find(number),
        { At: { } moment } => history.FindAt(moment),
        _ => history.Current,
    };
}
