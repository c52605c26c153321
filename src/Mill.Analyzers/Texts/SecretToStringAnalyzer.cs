using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers.Texts;

/// <summary>MILL0002: ToString of a secret, called here or by what the secret is given to.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class SecretToStringAnalyzer() : TextAnalyzer(Rules.ToText)
{
    protected override void Register(CompilationStartAnalysisContext start, SecretTypes types)
    {
        start.RegisterOperationAction(context => LookAtCall(context, types), OperationKind.Invocation);
        start.RegisterOperationAction(context => LookAtReference(context, types), OperationKind.MethodReference);
    }

    private static void LookAtCall(OperationAnalysisContext context, SecretTypes types)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod.Name is "ToString" && types.IsSecret(call.Instance)) Report(context, call);
        foreach (var value in call.Given().Where(types.IsSecret))
        {
            // What a log is given is for the rule about texts.
            if (TextCalls.AsksForText(call.TargetMethod) && !TextCalls.Logs(call.TargetMethod)) Report(context, value);
        }
    }

    private static void LookAtReference(OperationAnalysisContext context, SecretTypes types)
    {
        var reference = (IMethodReferenceOperation)context.Operation;
        if (reference.Method.Name is "ToString" && types.IsSecret(reference.Instance)) Report(context, reference);
    }

    private static void Report(OperationAnalysisContext context, IOperation value) =>
        context.ReportDiagnostic(Diagnostic.Create(Rules.ToText, value.Syntax.GetLocation()));
}
