using Mill.Testing.Histories;
using Mill.Testing.Linearizability;

namespace Mill.Tests.Testing.Histories;

/// <summary>Short words for histories written by hand. Commit times are small numbers, and so are moments.</summary>
internal static class Ops
{
    public static Operation<SecretCall, SecretAnswer> Op(int client, long from, long to, SecretCall call, SecretAnswer answer) => new(client, call, answer, from, to);

    public static Operation<SecretCall, SecretAnswer> Lost(int client, long from, SecretCall call) => new(client, call, Output: null, from, Operation<SecretCall, SecretAnswer>.Never);

    public static SecretCall Set(string name, string value, Condition condition = default, string? key = null, bool force = false) => new SecretCall.Set(name, value, condition, force) { Key = key };

    public static SecretCall Delete(string name, Condition condition = default) => new SecretCall.Delete(name, condition);

    public static SecretCall Get(string name, int? version = null) => version is { } number ? new SecretCall.GetVersion(name, number) : new SecretCall.Get(name);

    public static SecretCall GetAt(string name, long moment) => new SecretCall.GetAt(name, moment);

    public static SecretCall History(string name) => new SecretCall.History(name, Limit: 100);

    public static SecretCall Transact(params Change[] changes) => new SecretCall.Transact(changes);

    public static SecretAnswer Written(int version, long from, bool changed = true, bool? created = null) => new SecretAnswer.Written(version, from, changed, created);

    public static SecretAnswer Found(string value, int version, long from, long? to = null, string? state = null) =>
        new SecretAnswer.Found(new(version, state ?? (to is null ? SeenVersion.Current : SeenVersion.Superseded), from, to), value);

    public static SecretAnswer Committed(long from, params int[] versions) => new SecretAnswer.Committed([.. versions.Select(version => new ChangeAnswer(version, Changed: true))], from);

    public static SecretAnswer Refused(int? current) => new SecretAnswer.PreconditionFailed(current);

    public static SecretAnswer Missing => new SecretAnswer.NotFound();

    public static SecretAnswer Deleted => new SecretAnswer.Deleted();
}
