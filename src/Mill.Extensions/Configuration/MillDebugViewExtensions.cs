using Microsoft.Extensions.Configuration;
using Mill.Secrets.Redaction;

namespace Mill.Extensions.Configuration;

/// <summary>What the configuration holds, for the eyes of others.</summary>
public static class MillDebugViewExtensions
{
    /// <summary>
    /// <see cref="ConfigurationRootExtensions.GetDebugView(IConfigurationRoot)"/> in which every known value is masked, whichever key it stands under and whichever provider it came from.
    /// Throws <see cref="ObjectDisposedException"/> once <paramref name="values"/> are disposed.
    /// </summary>
    public static string GetDebugView(this IConfigurationRoot configuration, RedactionSet values) =>
        // Once more as a whole: a value may stand in a key, and go on from one line to the next.
        values.Redact(configuration.GetDebugView(values.MaskDebugValue));

    /// <summary>The value of a key with masks, for <see cref="ConfigurationRootExtensions.GetDebugView(IConfigurationRoot, Func{ConfigurationDebugViewContext, string})"/>.</summary>
    public static string MaskDebugValue(this RedactionSet values, ConfigurationDebugViewContext context) => context.Value is { } value ? values.Redact(value) : "";
}
