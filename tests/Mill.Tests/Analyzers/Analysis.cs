using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Mill.Analyzers;
using Xunit;

namespace Mill.Tests.Analyzers;

/// <summary>Compiles statements for real, with every analyzer. A comment at the end of a line says which rules it breaks: <c>// MILL0001</c>; a line without one must break none.</summary>
internal static partial class Analysis
{
    public const string Head = """
        using System;
        using System.Collections.Generic;
        using System.Diagnostics;
        using System.IO;
        using System.Linq;
        using System.Text;
        using System.Threading;
        using System.Threading.Tasks;
        using Microsoft.Extensions.Logging;
        using Mill.Secrets;
        using Mill.Secrets.Providers;
        using Mill.Secrets.Redaction;
        static class Example
        {
            static SecretValue? kept;
            static void Keep(SecretValue value) => kept = value;
            static void Send(string text) { }
            static async Task<object?> RunAsync(SecretValue secret, List<SecretValue> many, ISecretProvider secrets, RedactionSet values, ILogger logger, StringBuilder builder, TextWriter writer, string text)
            {
                await Task.Yield();

        """;

    public const string Tail = """

                return null;
            }
        }
        """;

    private static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
        [.. typeof(Rules).Assembly.GetTypes().Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(DiagnosticAnalyzer))).Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    private static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(IsNeeded).Select(path => MetadataReference.CreateFromFile(path))];

    public static IEnumerable<DiagnosticDescriptor> Rules => Analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics).DistinctBy(rule => rule.Id);

    /// <summary>Asserts that exactly the lines that say so break exactly the rules that they say.</summary>
    public static async Task HoldsAsync(string statements)
    {
        var source = Head + statements + Tail;
        Assert.Equal(Expected(source), await FoundAsync(source));
    }

    /// <summary>The lines that break a rule, by their comments.</summary>
    public static string[] Expected(string source) =>
        [.. source.Split('\n').SelectMany((line, number) => Marks().Matches(line).Select(mark => $"{number + 1}: {mark.Value} {line.Trim()}"))];

    private static async Task<string[]> FoundAsync(string source)
    {
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create("Example", [CSharpSyntaxTree.ParseText(source, new(LanguageVersion.Preview))], References, options);
        Assert.DoesNotContain(compilation.GetDiagnostics(), diagnostic => diagnostic.Severity is DiagnosticSeverity.Error);
        var found = await compilation.WithAnalyzers(Analyzers).GetAnalyzerDiagnosticsAsync();
        var lines = source.Split('\n');
        return [.. found.Select(diagnostic => (diagnostic.Id, Line: diagnostic.Location.GetLineSpan().StartLinePosition.Line)).OrderBy(place => place.Line).ThenBy(place => place.Id, StringComparer.Ordinal).Select(place => $"{place.Line + 1}: {place.Id} {lines[place.Line].Trim()}")];
    }

    private static bool IsNeeded(string path) => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "mscorlib.dll" or "Mill.Secrets.dll" or "Microsoft.Extensions.Logging.Abstractions.dll");

    [GeneratedRegex(@"(?<=// [MILL0-9 ]*)MILL\d{4}")]
    private static partial Regex Marks();
}
