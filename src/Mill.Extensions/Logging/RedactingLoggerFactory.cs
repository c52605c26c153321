using Microsoft.Extensions.Logging;
using Mill.Secrets.Redaction;

namespace Mill.Extensions.Logging;

/// <summary>Puts a mask before every logger, and so before every provider, those that are added later too.</summary>
/// <remarks>Why not around each provider: filters and settings go by the types of providers, and would find ours instead.</remarks>
internal sealed class RedactingLoggerFactory(ILoggerFactory inner, LogMask mask, bool isOwner) : ILoggerFactory
{
    /// <summary>Whether it masks these values, or one that it stands before.</summary>
    public bool Masks(RedactionSet values) => mask.IsOf(values) || (inner is RedactingLoggerFactory further && further.Masks(values));

    public ILogger CreateLogger(string categoryName) => new RedactingLogger(inner.CreateLogger(mask.SafeText(categoryName)), mask);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose()
    {
        if (isOwner) inner.Dispose();
    }
}
