using System.Collections.Immutable;
using System.Globalization;

namespace Mill.Core.Language.Syntax;

/// <summary>
/// Finds blocks and attributes (https://github.com/hashicorp/hcl2/blob/master/hclsyntax/spec.md, as far as it needs no expressions). After a mistake it goes on with the next line, so that one run
/// tells of all of them.
/// </summary>
internal sealed class Parser
{
    private const int Deepest = 20;

    private readonly string _text;
    private readonly Problems _problems;
    private readonly List<Token> _tokens;
    private int _next;
    private int _depth;

    private Parser(string text, Problems problems)
    {
        (_text, _problems) = (text, problems);
        _tokens = Lexer.Read(text, problems);
        _tokens.RemoveAll(token => token.Kind is TokenKind.Comment);
    }

    public static BodySyntax Parse(string text, Problems problems)
    {
        var parser = new Parser(text, problems);
        return parser.Body(isFile: true);
    }

    private Token Current => _tokens[_next];

    private TokenKind Kind => Current.Kind;

    private Token Take() => Kind is TokenKind.End ? Current : _tokens[_next++];

    private bool TryTake(TokenKind kind)
    {
        if (Kind != kind) return false;
        Take();
        return true;
    }

    private void SkipSeparators()
    {
        while (Kind is TokenKind.Separator) Take();
    }

    private BodySyntax Body(bool isFile)
    {
        var attributes = ImmutableArray.CreateBuilder<AttributeSyntax>();
        var blocks = ImmutableArray.CreateBuilder<BlockSyntax>();
        while (true)
        {
            SkipSeparators();
            if (Kind is TokenKind.End || (Kind is TokenKind.CloseBrace && !isFile)) break;
            if (Kind is TokenKind.Word or TokenKind.Text) Member(attributes, blocks);
            else Wrong(Kind is TokenKind.CloseBrace ? "There is a } too many." : "Here stands the name of something, such as image = \"…\", or service \"web\" { … }.");
        }
        return new(attributes.ToImmutable(), blocks.ToImmutable());
    }

    private void Member(ImmutableArray<AttributeSyntax>.Builder attributes, ImmutableArray<BlockSyntax>.Builder blocks)
    {
        var key = Take();
        var name = key.Kind is TokenKind.Text ? TextReader.Quoted(_text, key.Span, _problems).Text : key.Span.In(_text);
        if (TryTake(TokenKind.Equals) || TryTake(TokenKind.Colon))
        {
            if (Kind is TokenKind.OpenBrace) blocks.Add(Block(name, key, []));
            else attributes.Add(new(name, key.Span, Value()));
        }
        else
        {
            var labels = Labels();
            if (Kind is not TokenKind.OpenBrace)
            {
                // What stands behind the name is not repeated: where only the = is missing, it may be a secret.
                Wrong($"After {name} comes = and a value, or a block in braces: {{ … }}.");
                return;
            }
            blocks.Add(Block(name, key, labels));
        }
        EndMember();
    }

    private ImmutableArray<TextSyntax> Labels()
    {
        var labels = ImmutableArray.CreateBuilder<TextSyntax>();
        while (Kind is TokenKind.Text or TokenKind.Word)
        {
            var label = Take();
            if (label.Kind is TokenKind.Word) _problems.Add(label.Start, "Put quotes around the name.");
            labels.Add(label.Kind is TokenKind.Text ? TextReader.Quoted(_text, label.Span, _problems) : new(label.Span, label.Span.In(_text), [.. Enumerable.Range(label.Start, label.Span.Length)]));
        }
        return labels.ToImmutable();
    }

    private BlockSyntax Block(string name, Token key, ImmutableArray<TextSyntax> labels)
    {
        var open = Take();
        if (++_depth > Deepest)
        {
            Wrong("Blocks stand too deep in each other.");
            _next = _tokens.Count - 1;
        }
        var body = Body(isFile: false);
        _depth--;
        if (!TryTake(TokenKind.CloseBrace) && _depth < Deepest) _problems.Add(open.Start, $"This block, {name}, has no end: a }} is missing.");
        return new(name, key.Span, labels, body);
    }

    private void EndMember()
    {
        // Between things in one line a comma does no harm: people know it from elsewhere.
        if (TryTake(TokenKind.Comma) || Kind is TokenKind.Separator or TokenKind.CloseBrace or TokenKind.End) return;
        Wrong("Each thing stands on a line of its own, or behind a semicolon.");
    }

    private ValueSyntax Value()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Text:
                Take();
                return TextReader.Quoted(_text, token.Span, _problems);
            case TokenKind.Heredoc:
                Take();
                return TextReader.Heredoc(_text, token.Span, _problems);
            case TokenKind.Number:
                Take();
                return Number(token);
            case TokenKind.Word:
                Take();
                return Word(token);
            case TokenKind.OpenBracket:
                return List();
            default:
                return Missing(token);
        }
    }

    private WrongSyntax Missing(Token token)
    {
        if (token.Kind is not TokenKind.Unknown) _problems.Add(token.Start, "A value is missing: a text in quotes, a number, true, false, or a list in brackets.");
        if (token.Kind is not (TokenKind.Separator or TokenKind.CloseBrace or TokenKind.CloseBracket or TokenKind.End)) SkipLine();
        return new(token.Span);
    }

    private ValueSyntax Number(Token token)
    {
        var text = token.Span.In(_text);
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return new NumberSyntax(token.Span, number);
        _problems.Add(token.Start, "This is no number. Put quotes around a text.");
        return new WrongSyntax(token.Span);
    }

    private ValueSyntax Word(Token token)
    {
        var word = token.Span.In(_text);
        if (word is "true" or "false") return new BoolSyntax(token.Span, word is "true");
        // The word is not repeated: it may be a secret.
        _problems.Add(token.Start, "A text stands in quotes.");
        SkipLine();
        return new WrongSyntax(token.Span);
    }

    private ValueSyntax List()
    {
        var open = Take();
        var items = ImmutableArray.CreateBuilder<ValueSyntax>();
        while (true)
        {
            SkipSeparators();
            if (Kind is TokenKind.CloseBracket) return new ListSyntax(new(open.Start, Take().Span.End), items.ToImmutable());
            if (Kind is not (TokenKind.Text or TokenKind.Heredoc or TokenKind.Number or TokenKind.Word)) return Unclosed(open);
            items.Add(Value());
            SkipSeparators();
            if (TryTake(TokenKind.Comma) || Kind is TokenKind.CloseBracket) continue;
            if (Kind is not (TokenKind.Text or TokenKind.Number)) return Unclosed(open);
            _problems.Add(Current.Start, "Between the things of a list stand commas.");
        }
    }

    private WrongSyntax Unclosed(Token open)
    {
        _problems.Add(open.Start, "This list has no end: a ] is missing.");
        return new(open.Span);
    }

    /// <summary>Tells it once for a line, and goes on with the next.</summary>
    private void Wrong(string detail)
    {
        // What means nothing was told already.
        if (Kind is not TokenKind.Unknown) _problems.Add(Current.Start, detail);
        if (Kind is TokenKind.CloseBrace) Take();
        SkipLine();
    }

    private void SkipLine()
    {
        while (Kind is not (TokenKind.Separator or TokenKind.End or TokenKind.CloseBrace)) Take();
    }
}
