using Mill.Core.Access;
using Mill.Core.Ports;

namespace Mill.Core.Secrets;

/// <summary>Turns an advance of the state into what a watcher is told. Several commits between two looks come out as their net effect.</summary>
public static class SecretEvents
{
    public static IEnumerable<SecretEvent> For(Caller caller, string prefix, StateAdvance advance)
    {
        if (advance.IsReset)
        {
            yield return new(SecretEventKind.Reset, "", 0);
            yield break;
        }
        foreach (var id in advance.Touched)
        {
            if (id.Tenant != caller.Tenant || !id.Name.Value.StartsWith(prefix, StringComparison.Ordinal) || !caller.Sees(id.Name)) continue;
            var before = advance.Before.Find(id)?.Current;
            var after = advance.After.Find(id)?.Current;
            SecretEventKind? kind = (before, after) switch
            {
                (null, { }) => SecretEventKind.Added,
                ({ }, null) => SecretEventKind.Removed,
                ({ } old, { } now) when old.Version != now.Version => SecretEventKind.Rotated,
                _ => null,
            };
            if (kind is { } known) yield return new(known, id.Name.Value, (after ?? before)!.Version);
        }
    }
}
