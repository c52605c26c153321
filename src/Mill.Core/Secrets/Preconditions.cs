using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Core.Secrets;

/// <summary>Whether a write may happen, given what is there.</summary>
public static class Preconditions
{
    /// <summary>What is wrong, or null.</summary>
    public static string? FindFailure(SecretName name, SecretVersion? current, WritePrecondition precondition) => (current, precondition) switch
    {
        ({ } existing, { IfAbsent: true }) => $"secret \"{name}\" exists, with version {existing.Version}",
        (null, { IfVersion: { } wanted }) => $"secret \"{name}\" does not exist, so its version is not {wanted}",
        ({ } existing, { IfVersion: { } wanted }) when existing.Version != wanted => $"the current version of secret \"{name}\" is {existing.Version}, not {wanted}",
        _ => null,
    };

    /// <summary>Throws <see cref="MillError.PreconditionFailed"/> with the version that is current.</summary>
    public static void Demand(SecretName name, SecretVersion? current, WritePrecondition precondition)
    {
        if (FindFailure(name, current, precondition) is not { } failure) return;
        throw new MillException(MillError.PreconditionFailed, $"Nothing was written: {failure}.")
        {
            CurrentVersion = current?.Version,
            Hint = "Read the secret again, and decide anew.",
        };
    }
}
