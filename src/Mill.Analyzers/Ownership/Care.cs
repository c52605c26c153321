using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers.Ownership;

/// <summary>Whether somebody takes responsibility for a secret: disposes it, returns it, stores it or hands it on. In doubt somebody does.</summary>
internal sealed class Care(SecretTypes types, Loans loans)
{
    /// <summary>Of a value, by what is done with it at this place; of one that becomes a local, by anything that is done with that.</summary>
    public bool IsTakenOf(IOperation value) => value.Parent switch
    {
        // On the way: the same secret, or the task that gives it.
        IConversionOperation or IAwaitOperation or ICoalesceOperation or ISwitchExpressionOperation => IsTakenOf(value.Parent),
        IConditionalOperation choice => choice.Condition == value || IsTakenOf(choice),
        ISwitchExpressionArmOperation arm => IsTakenOf(arm.Parent!),
        IInvocationOperation call when call.Instance == value => IsTakenBy(call),
        IPropertyReferenceOperation property when property.Instance == value => !types.IsSecret(value),
        IConditionalAccessOperation access when access.Operation == value => !types.IsSecret(value) || Disposes(access.WhenNotNull),
        // The end of the way.
        IExpressionStatementOperation statement => !types.IsSecret(value) || IsExpectedToThrow(statement),
        IArgumentOperation argument => IsTakenBy(argument),
        IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => IsUsing(declarator) || IsTakenOf(declarator.Symbol, value),
        ISimpleAssignmentOperation assignment when assignment.Value == value => IsTakenBy(assignment, value),
        ICoalesceAssignmentOperation { Target: ILocalReferenceOperation target } assignment when assignment.Value == value => IsTakenOf(target.Local, value),
        _ => true,
    };

    /// <summary>A lambda that is one call and gives nothing back is what asserts that there will be no secret.</summary>
    private static bool IsExpectedToThrow(IExpressionStatementOperation statement) => statement is { IsImplicit: true, Parent.Parent: IAnonymousFunctionOperation };

    private bool IsTakenBy(ISimpleAssignmentOperation assignment, IOperation value) => assignment.Target switch
    {
        IDiscardOperation => !types.IsSecret(value),
        ILocalReferenceOperation target => IsTakenOf(target.Local, value),
        _ => true,
    };

    private bool IsTakenBy(IInvocationOperation call) => types.IsSecret(call.Instance)
        ? call.TargetMethod.Name is "Dispose"
        // Tasks are followed for as long as they stay here.
        : !types.IsPromise(call.Type) || IsTakenOf(call);

    /// <summary>An extension method is called on what is an argument in truth.</summary>
    private bool IsTakenBy(IArgumentOperation argument) => !loans.Is(argument);

    private bool IsTakenOf(ILocalSymbol local, IOperation value) => !types.IsSecret(local.Type) || local.Uses(value.Root()).Any(IsUseThatTakes);

    private bool IsUseThatTakes(ILocalReferenceOperation use) => use.Parent switch
    {
        ISimpleAssignmentOperation assignment when assignment.Target == use => false,
        ISimpleAssignmentOperation assignment => assignment.Target is not IDiscardOperation,
        ICoalesceAssignmentOperation assignment when assignment.Target == use => false,
        // To be asked something is not to be taken care of.
        IBinaryOperation or IIsTypeOperation => false,
        IIsPatternOperation pattern => pattern.Pattern is IRecursivePatternOperation { DeclaredSymbol: not null } or IDeclarationPatternOperation { DeclaredSymbol: not null },
        // What it becomes from here on is followed no further.
        IVariableInitializerOperation => true,
        IConversionOperation { Parent: IBinaryOperation } => false,
        _ => IsTakenOf(use),
    };

    private static bool IsUsing(IVariableDeclaratorOperation declarator) =>
        declarator.Parent is IVariableDeclarationOperation { Parent: IVariableDeclarationGroupOperation { Parent: IUsingDeclarationOperation or IUsingOperation } };

    private static bool Disposes(IOperation whenNotNull) =>
        whenNotNull.DescendantsAndSelf().OfType<IInvocationOperation>().Any(call => call.TargetMethod.Name is "Dispose" && call.Instance is IConditionalAccessInstanceOperation);
}
