using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers.Ownership;

/// <summary>MILL0003: a secret that a call gave, and for which nothing here takes responsibility. What is disposed on one way only is not reported.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class SecretNotDisposedAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(Rules.NotDisposed);

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (SecretTypes.Of(start.Compilation) is not { } types) return;
            var care = new Care(types, Loans.Of(start.Compilation));
            start.RegisterOperationAction(context => LookAtCall(context, types, care), OperationKind.Invocation);
        });
    }

    private static void LookAtCall(OperationAnalysisContext context, SecretTypes types, Care care)
    {
        var call = (IInvocationOperation)context.Operation;
        if (!GivesNewSecret(call, types) || care.IsTakenOf(call)) return;
        context.ReportDiagnostic(Diagnostic.Create(Rules.NotDisposed, call.Syntax.GetLocation()));
    }

    /// <summary>A call that says it gives a secret gives one to own. What gives anything (an element, a field's old value) may give what belongs to somebody else.</summary>
    private static bool GivesNewSecret(IInvocationOperation call, SecretTypes types) =>
        Gives(call.TargetMethod.OriginalDefinition.ReturnType, types) || (call.TargetMethod.Name is "Reveal" && types.IsSecret(call.Instance) && types.IsSecret(call.Type));

    private static bool Gives(ITypeSymbol type, SecretTypes types) => types.IsSecret(type) || types.IsPromise(type);
}
