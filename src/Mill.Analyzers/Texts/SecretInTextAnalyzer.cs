using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers.Texts;

/// <summary>MILL0001: a secret in an interpolated text, a concatenation, a format, or what a log is given.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class SecretInTextAnalyzer() : TextAnalyzer(Rules.Text)
{
    protected override void Register(CompilationStartAnalysisContext start, SecretTypes types)
    {
        start.RegisterOperationAction(context => Report(context, types, ((IInterpolationOperation)context.Operation).Expression), OperationKind.Interpolation);
        start.RegisterOperationAction(context => Report(context, types, Appended((IInterpolatedStringAppendOperation)context.Operation)), OperationKind.InterpolatedStringAppendFormatted);
        start.RegisterOperationAction(context => LookAtSum(context, types), OperationKind.Binary);
        start.RegisterOperationAction(context => LookAtAddition(context, types), OperationKind.CompoundAssignment);
        start.RegisterOperationAction(context => LookAtCall(context, types), OperationKind.Invocation);
    }

    /// <summary>What a handler of interpolated texts is given, such as that of a StringBuilder.</summary>
    private static IOperation? Appended(IInterpolatedStringAppendOperation append) =>
        append.AppendCall is IInvocationOperation { Arguments: { IsEmpty: false } arguments } ? arguments[0].Value : null;

    private static void LookAtSum(OperationAnalysisContext context, SecretTypes types)
    {
        if (context.Operation is not IBinaryOperation { OperatorKind: BinaryOperatorKind.Add, Type.SpecialType: SpecialType.System_String } sum) return;
        Report(context, types, sum.LeftOperand);
        Report(context, types, sum.RightOperand);
    }

    private static void LookAtAddition(OperationAnalysisContext context, SecretTypes types)
    {
        if (context.Operation is ICompoundAssignmentOperation { OperatorKind: BinaryOperatorKind.Add, Type.SpecialType: SpecialType.System_String } addition) Report(context, types, addition.Value);
    }

    private static void LookAtCall(OperationAnalysisContext context, SecretTypes types)
    {
        var call = (IInvocationOperation)context.Operation;
        foreach (var value in call.Given().Where(types.IsOrHoldsSecrets))
        {
            if (TextCalls.Combines(call.TargetMethod) || TextCalls.Logs(call.TargetMethod)) context.ReportDiagnostic(Diagnostic.Create(Rules.Text, value.Syntax.GetLocation()));
        }
    }

    private static void Report(OperationAnalysisContext context, SecretTypes types, IOperation? value)
    {
        if (types.IsSecret(value)) context.ReportDiagnostic(Diagnostic.Create(Rules.Text, value!.Syntax.GetLocation()));
    }
}
