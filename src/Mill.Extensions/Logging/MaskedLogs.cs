using Microsoft.Extensions.Logging;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

namespace Mill.Extensions.Logging;

/// <summary>Says among the services that logs were asked to be masked with these values: the set itself may be there for something else.</summary>
internal sealed record MaskedLogs(RedactionSet Values)
{
    /// <summary>Throws <see cref="SecretConfigurationException"/> where logs go past the masks: a promise that nobody keeps is worse than none.</summary>
    public void Require(ILoggerFactory factory)
    {
        if (factory is RedactingLoggerFactory masking && masking.Masks(Values)) return;
        throw new SecretConfigurationException("logs", $"The logs were asked to be masked, and another ILoggerFactory ({factory.GetType().FullName}) took the place of the one that masks.")
        {
            Hint = "Add what exchanges the ILoggerFactory before AddMillSecrets or AddMillRedaction, or wrap its factory with WithMillRedaction.",
        };
    }
}
