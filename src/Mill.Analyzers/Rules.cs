using Microsoft.CodeAnalysis;

namespace Mill.Analyzers;

/// <summary>Everything that is reported. The ids are a promise: append, never reuse.</summary>
internal static class Rules
{
    private const string Category = "Secrets";

    public static readonly DiagnosticDescriptor Text = Of(
        "MILL0001",
        "A secret is made part of a text",
        "In this text the secret is \"[secret]\", not its value. Reveal it where the value is needed; a log can do with its name.");

    public static readonly DiagnosticDescriptor ToText = Of(
        "MILL0002",
        "A secret is turned into text by ToString",
        "ToString of a secret is \"[secret]\", not its value. Reveal it where the value is needed.");

    public static readonly DiagnosticDescriptor NotDisposed = Of(
        "MILL0003",
        "A secret is never disposed",
        "This secret is never disposed, returned, stored or handed on, so its value stays in memory until the collector finds it. Declare it with 'using'.");

    public static readonly DiagnosticDescriptor Revealed = Of(
        "MILL0004",
        "A revealed value goes where others read it",
        "The value of a secret goes into {0}, where others read it");

    private static DiagnosticDescriptor Of(string id, string title, string message) => new(id, title, message, Category, DiagnosticSeverity.Warning, isEnabledByDefault: true);
}
