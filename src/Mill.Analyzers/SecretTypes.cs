using Microsoft.CodeAnalysis;

namespace Mill.Analyzers;

/// <summary>What a compilation that references Mill.Secrets calls a secret.</summary>
internal sealed class SecretTypes
{
    private readonly INamedTypeSymbol _secret;

    private SecretTypes(INamedTypeSymbol secret) => _secret = secret;

    /// <summary>Null where there is no Mill.Secrets, and so nothing to look for.</summary>
    public static SecretTypes? Of(Compilation compilation) =>
        compilation.GetTypeByMetadataName("Mill.Secrets.SecretValue") is { } secret ? new(secret) : null;

    public bool IsSecret(ITypeSymbol? type) => SymbolEqualityComparer.Default.Equals(type, _secret);

    /// <summary>True where a value is a secret, whatever it is converted to.</summary>
    public bool IsSecret(IOperation? value) => value is not null && IsSecret(value.Unconverted().Type);

    /// <summary>True for a secret, and for several: what joins texts would make one of each.</summary>
    public bool IsOrHoldsSecrets(IOperation value)
    {
        var type = value.Unconverted().Type;
        return IsSecret(type) || IsSequence(type) || (type?.AllInterfaces.Any(IsSequence) ?? false);
    }

    /// <summary>True for a task that gives a secret.</summary>
    public bool IsPromise(ITypeSymbol? type) =>
        type is INamedTypeSymbol { Name: "Task" or "ValueTask" or "ConfiguredTaskAwaitable" or "ConfiguredValueTaskAwaitable", TypeArguments: { Length: 1 } arguments } && IsSecret(arguments[0]);

    private bool IsSequence(ITypeSymbol? type) =>
        type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Collections_Generic_IEnumerable_T } sequence && IsSecret(sequence.TypeArguments[0]);
}
