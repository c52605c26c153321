using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Access;

/// <summary>What somebody may want to do.</summary>
public enum Verb
{
    ReadValue,
    ListNames,
    ReadHistory,

    /// <summary>See versions and history of a secret that was deleted.</summary>
    ReadDeleted,
    SetSecret,
    DeleteSecret,
    DestroyVersions,
    ReadMetrics,
    AdministerTokens,
    AdministerRetention,
    VerifyStore,
    BackUpStore,

    /// <summary>Make join tokens; see and remove nodes.</summary>
    AdministerNodes,

    /// <summary>See what runs, and what it wrote.</summary>
    ReadServices,

    /// <summary>Deploy, start and end what runs.</summary>
    OperateServices,

    /// <summary>Run programs in containers: they see the values of its secrets, so it takes both <see cref="ReadValue"/> and <see cref="OperateServices"/>.</summary>
    RunInContainers,
}

/// <summary>Which role has which verb. The one table behind <c>403 forbidden</c>.</summary>
public static class AccessRules
{
    public static bool Allows(Role role, Verb verb) => role switch
    {
        _ when verb is Verb.RunInContainers => Allows(role, Verb.ReadValue) && Allows(role, Verb.OperateServices),
        Role.Operator => true,
        Role.Writer => verb is Verb.ReadValue or Verb.ListNames or Verb.ReadHistory or Verb.ReadDeleted or Verb.SetSecret or Verb.DeleteSecret or Verb.ReadServices,
        Role.Reader => verb is Verb.ReadValue or Verb.ListNames or Verb.ReadHistory or Verb.ReadServices,
        Role.Deployer => verb is Verb.ListNames or Verb.ReadMetrics or Verb.ReadServices or Verb.OperateServices,
        _ => false,
    };

    /// <summary>Throws <see cref="MillError.Forbidden"/> where the caller's role lacks a verb. Says nothing about what exists.</summary>
    public static void Demand(Caller caller, Verb verb)
    {
        if (Allows(caller.Role, verb)) return;
        throw new MillException(MillError.Forbidden, $"The role {Text(caller.Role)} may not {Text(verb)}.") { Hint = $"Use a token whose role may: {RolesWith(verb)}." };
    }

    private static string RolesWith(Verb verb) => string.Join(", ", Enum.GetValues<Role>().Where(role => Allows(role, verb)).Select(Text));

    private static string Text(Role role) => role switch
    {
        Role.Reader => "reader",
        Role.Writer => "writer",
        Role.Deployer => "deployer",
        _ => "operator",
    };

    private static string Text(Verb verb) => verb switch
    {
        Verb.ReadValue => "read values",
        Verb.ListNames => "list names",
        Verb.ReadHistory => "read histories",
        Verb.ReadDeleted => "read deleted secrets",
        Verb.SetSecret => "set secrets",
        Verb.DeleteSecret => "delete secrets",
        Verb.DestroyVersions => "destroy versions",
        Verb.ReadMetrics => "read metrics",
        Verb.AdministerTokens => "administer tokens",
        Verb.AdministerRetention => "administer retention",
        Verb.BackUpStore => "back up the store",
        Verb.AdministerNodes => "administer nodes",
        Verb.ReadServices => "see services",
        Verb.OperateServices => "operate services",
        Verb.RunInContainers => "run programs in containers",
        _ => "verify the store",
    };
}
