using System.Text;

namespace Mill.ClusterTests.Canaries;

/// <summary>A value that must never be seen, and every form it could be seen in.</summary>
internal sealed class Canary
{
    private readonly List<byte[]> _forms = [];

    public Canary(string text)
        : this(Encoding.UTF8.GetBytes(text))
    {
        Text = text;
        _forms.Add(Encoding.Unicode.GetBytes(text));
        _forms.Add(Encoding.BigEndianUnicode.GetBytes(text));
    }

    /// <summary>One that is no text, as a key is.</summary>
    public Canary(byte[] bytes)
    {
        _forms.Add(bytes);
        _forms.Add(Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        _forms.Add(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        for (var alignment = 0; alignment < 3; alignment++) _forms.Add(Encoding.ASCII.GetBytes(MiddleOfBase64(bytes, alignment)));
    }

    public string Text { get; } = "";

    public bool IsIn(ReadOnlySpan<byte> haystack)
    {
        foreach (var form in _forms)
        {
            if (haystack.IndexOf(form) >= 0) return true;
        }
        return false;
    }

    /// <summary>The part of a base64 text that does not depend on what stands before and after.</summary>
    private static string MiddleOfBase64(byte[] bytes, int alignment)
    {
        var text = Convert.ToBase64String([.. new byte[alignment], .. bytes]).TrimEnd('=');
        return text[(alignment == 0 ? 0 : 4)..^2];
    }
}
