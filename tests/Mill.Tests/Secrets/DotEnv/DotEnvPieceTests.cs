using System.Text;
using Mill.Secrets.DotEnv;
using Xunit;

namespace Mill.Tests.Secrets.DotEnv;

public sealed class DotEnvPieceTests
{
    [Theory]
    [InlineData("plain", "Text:plain")]
    [InlineData("secret(A)", "Secret:A")]
    [InlineData("secret(A@3)", "Secret:A:3")]
    [InlineData("secret(a/b.c-d@)", "Secret:a/b.c-d:")]
    [InlineData("u:secret(A)@h/secret(B)", "Text:u: Secret:A Text:@h/ Secret:B")]
    [InlineData("mysecret(A)", "Text:my Secret:A")]
    [InlineData(@"\secret(A)", @"Escape:\ Text:secret(A)")]
    [InlineData(@"\\secret(A)x\enc(B)", @"Text:\ Escape:\ Text:secret(A)x Escape:\ Text:enc(B)")]
    [InlineData("enc(A)", "Store:A")]
    [InlineData("enc(A, v)", "Store:A:v")]
    [InlineData("enc(A,a(b)c d)e", "Store:A:a(b)c d Text:e")]
    [InlineData("enc(A,)", "Store:A:")]
    [InlineData("secret(A", "Unclosed: Text:A")]
    [InlineData("enc(A, (b)", "Unclosed: Text:A, (b)")]
    [InlineData("secret(secret(A)", "Secret:secret(A")]
    [InlineData("s", "Text:s")]
    [InlineData(@"\", @"Text:\")]
    [InlineData("", "")]
    public void A_value_falls_into_pieces(string value, string pieces)
    {
        var document = DotEnvDocument.Parse(Encoding.UTF8.GetBytes(value));
        var all = DotEnvPiece.Of(document, new(0, document.Content.Length)).ToList();
        Assert.Equal(pieces, string.Join(' ', all.Select(piece => Show(document, piece))));
        Assert.Equal(value, string.Concat(all.Select(piece => Encoding.UTF8.GetString(document[piece.Whole]))));
    }

    private static string Show(DotEnvDocument document, DotEnvPiece piece)
    {
        string Text(DotEnvPart part) => Encoding.UTF8.GetString(document[part]);
        return $"{piece.Kind}:" + (piece.Kind is DotEnvPieceKind.Text or DotEnvPieceKind.Escape ? Text(piece.Whole) : Text(piece.Name) + (piece.Argument is { } argument ? ":" + Text(argument) : ""));
    }
}
