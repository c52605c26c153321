using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Mill.Analyzers.Texts;

/// <summary>What the rules about texts have in common: they look at code that somebody wrote, where there are secrets.</summary>
internal abstract class TextAnalyzer(DiagnosticDescriptor rule) : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(rule);

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (SecretTypes.Of(start.Compilation) is { } types) Register(start, types);
        });
    }

    protected abstract void Register(CompilationStartAnalysisContext start, SecretTypes types);
}
