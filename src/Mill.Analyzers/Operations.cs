using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers;

/// <summary>Ways through the tree of operations.</summary>
internal static class Operations
{
    private const OperationKind CollectionExpression = (OperationKind)0x7f; // of C# 12, which has no name yet in the version this is built with

    /// <summary>The value before the conversions that the language put around it.</summary>
    public static IOperation Unconverted(this IOperation value)
    {
        while (value is IConversionOperation { OperatorMethod: null } conversion) value = conversion.Operand;
        return value;
    }

    /// <summary>What a call is given, each value of a <c>params</c> array by itself.</summary>
    public static IEnumerable<IOperation> Given(this IInvocationOperation call) =>
        call.Arguments.SelectMany(argument => argument.ArgumentKind is ArgumentKind.Explicit or ArgumentKind.DefaultValue ? Each(argument.Value) : Listed(argument.Value));

    /// <summary>The member, or the part of it that can be seen, in which an operation stands.</summary>
    public static IOperation Root(this IOperation operation)
    {
        while (operation.Parent is { } parent) operation = parent;
        return operation;
    }

    /// <summary>Where a local is used.</summary>
    public static IEnumerable<ILocalReferenceOperation> Uses(this ILocalSymbol local, IOperation root) =>
        root.Descendants().OfType<ILocalReferenceOperation>().Where(use => SymbolEqualityComparer.Default.Equals(use.Local, local));

    /// <summary>The full name of a type or namespace, as it is written in a using.</summary>
    public static string FullName(this ISymbol symbol) => symbol.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat);

    private static IEnumerable<IOperation> Each(IOperation value) => value.Unconverted() is IArrayCreationOperation or { Kind: CollectionExpression } ? Listed(value) : [value];

    /// <summary>The elements of an array, and of what a newer compiler than the one this is built with puts in its place: a span, or a collection expression.</summary>
    private static IEnumerable<IOperation> Listed(IOperation list) => list.Unconverted() switch
    {
        IArrayCreationOperation { Initializer: { } initializer } => initializer.ElementValues.SelectMany(Each),
        IArrayCreationOperation => [],
        var other => other.ChildOperations,
    };
}
