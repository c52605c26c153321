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
        foreach (var (id, before, after) in advance.Changes)
        {
            if (id.Tenant != caller.Tenant || !id.Name.Value.StartsWith(prefix, StringComparison.Ordinal) || !caller.Sees(id.Name)) continue;
            yield return (before, after) switch
            {
                (null, { } version) => new(SecretEventKind.Added, id.Name.Value, version),
                (_, { } version) => new(SecretEventKind.Rotated, id.Name.Value, version),
                ({ } version, null) => new(SecretEventKind.Removed, id.Name.Value, version),
                _ => throw new InvalidOperationException("A change changes something."),
            };
        }
    }
}
