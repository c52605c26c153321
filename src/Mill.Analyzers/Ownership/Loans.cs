using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers.Ownership;

/// <summary>Calls that are lent a secret for as long as they take, and leave it to their caller.</summary>
internal sealed class Loans
{
    private readonly IMethodSymbol? _set;
    private readonly HashSet<string> _borrowers = ["Mill.Client.MillClient", "Mill.Secrets.Redaction.RedactionSet", "Mill.Secrets.Redaction.SecretRedactor", "Mill.Secrets.SecretValue", "System.ArgumentNullException", "System.GC"];

    private Loans(IMethodSymbol? set) => _set = set;

    public static Loans Of(Compilation compilation) =>
        new(compilation.GetTypeByMetadataName("Mill.Secrets.Providers.ISecretProvider")?.GetMembers("SetAsync").OfType<IMethodSymbol>().SingleOrDefault());

    public bool Is(IArgumentOperation argument) => argument.Parent is IInvocationOperation { TargetMethod: var method } && (_borrowers.Contains(method.ContainingType.FullName()) || IsSet(method));

    /// <summary>A provider copies what it is given, whoever wrote it: the interface says so.</summary>
    private bool IsSet(IMethodSymbol method) =>
        _set is not null && (SymbolEqualityComparer.Default.Equals(method, _set) || SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(_set), method));
}
