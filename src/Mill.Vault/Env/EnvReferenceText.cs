using System.Text;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Vault.Env;

/// <summary>What one reference of a file names.</summary>
/// <param name="Version">After <c>@</c>; null means the current one.</param>
/// <param name="Start">Where it stands, in bytes of the file.</param>
internal readonly record struct EnvReferenceText(SecretName Name, int? Version, int Start)
{
    /// <summary>Null, and a problem more, where it names nothing that there could be.</summary>
    public static EnvReferenceText? TryRead(DotEnvDocument document, DotEnvPiece piece, EnvProblems problems)
    {
        if (!SecretName.TryParse(Encoding.UTF8.GetString(document[piece.Name]), out var name))
        {
            problems.Add(MillError.InvalidEnv, piece.Whole.Start, null, $"This is not the name of a secret. {SecretName.Rule}");
            return null;
        }
        // What follows the name of a secret to store is its value.
        if (piece is not { Kind: DotEnvPieceKind.Secret, Argument: { } argument }) return new(name, null, piece.Whole.Start);
        if (DotEnvPiece.ReadVersion(document[argument]) is { } version) return new(name, version, piece.Whole.Start);
        problems.Add(MillError.InvalidEnv, piece.Whole.Start, name.Value, "What follows @ is a version, a number from 1.");
        return null;
    }
}
