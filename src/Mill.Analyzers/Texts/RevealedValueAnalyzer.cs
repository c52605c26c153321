using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers.Texts;

/// <summary>MILL0004: what Reveal gives goes, as it is or inside of a text, into a log, an exception, the console or a span; by way of one local too.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class RevealedValueAnalyzer() : TextAnalyzer(Rules.Revealed)
{
    protected override void Register(CompilationStartAnalysisContext start, SecretTypes types)
    {
        start.RegisterOperationAction(context => LookAtCall(context, types), OperationKind.Invocation);
    }

    private static void LookAtCall(OperationAnalysisContext context, SecretTypes types)
    {
        var call = (IInvocationOperation)context.Operation;
        // Only what holds the value: a length, or whether it is the right one, says little.
        if (call.TargetMethod.Name is not "Reveal" || !types.IsSecret(call.Instance) || !HoldsText(call.Type)) return;
        LookAtWay(context, call);
        if (Local(call) is not { } local) return;
        foreach (var use in local.Uses(call.Root())) LookAtWay(context, use);
    }

    private static bool HoldsText(ITypeSymbol? type) =>
        type is { SpecialType: SpecialType.System_String } or IArrayTypeSymbol { ElementType.SpecialType: SpecialType.System_Char or SpecialType.System_Byte };

    /// <summary>The local that is declared as this value, if one is.</summary>
    private static ILocalSymbol? Local(IOperation value) =>
        value.Parent is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } ? declarator.Symbol : null;

    private static void LookAtWay(OperationAnalysisContext context, IOperation value)
    {
        if (Destination(value) is { } place) context.ReportDiagnostic(Diagnostic.Create(Rules.Revealed, value.Syntax.GetLocation(), place));
    }

    /// <summary>Where the value ends up, on the way through the texts that are made of it.</summary>
    private static string? Destination(IOperation value)
    {
        while (true)
        {
            switch (value.Parent)
            {
                case IArgumentOperation { Parent: IInvocationOperation call }:
                    if (TextCalls.Shows(call) is { } place) return place;
                    if (!TextCalls.Combines(call.TargetMethod)) return null;
                    value = call;
                    break;
                case IArgumentOperation { Parent: IObjectCreationOperation { Constructor: { } constructor } }:
                    return TextCalls.Shows(constructor);
                case { } parent when IsPartOfText(parent, value):
                    value = parent;
                    break;
                default:
                    return null;
            }
        }
    }

    private static bool IsPartOfText(IOperation parent, IOperation part) => parent switch
    {
        IConversionOperation or IInterpolationOperation or IInterpolatedStringOperation or IArrayInitializerOperation or IArrayCreationOperation => true,
        // A call on the text itself, such as Trim, gives a text again.
        IInvocationOperation call => call.Instance == part && call.Type?.SpecialType is SpecialType.System_String,
        IBinaryOperation { Type.SpecialType: SpecialType.System_String } => true,
        ICoalesceOperation or IConditionalOperation or ISwitchExpressionArmOperation or ISwitchExpressionOperation => true,
        IInterpolatedStringAppendOperation or IInterpolatedStringHandlerCreationOperation => true,
        _ => false,
    };
}
