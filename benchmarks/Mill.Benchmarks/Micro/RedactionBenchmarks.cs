using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Mill.Secrets;
using Mill.Secrets.Redaction;

namespace Mill.Benchmarks.Micro;

/// <summary>What it costs to keep a thousand values out of a log: a megabyte of lines, one in a hundred with a value.</summary>
public class RedactionBenchmarks
{
    private const int LogSize = 1_000_000;
    private const string Prefix = "https://example.com/"; // stands in every line

    private readonly ArrayBufferWriter<byte> _output = new(LogSize * 2);
    private readonly List<byte[]> _lines = [];
    private List<SecretValue> _values = [];
    private SecretRedactor _redactor = null!;
    private SecretRedactor _alike = null!;

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        _values = [.. Enumerable.Range(0, 1_000).Select(_ => SecretValue.FromText(Token(random)))];
        _redactor = SecretRedactor.Of(_values);
        _alike = SecretRedactor.Of(_values.Select(value => SecretValue.FromText(Prefix + value.Reveal(Encoding.UTF8.GetString))));
        for (var size = 0; size < LogSize; size += _lines[^1].Length) _lines.Add(Encoding.UTF8.GetBytes(Line(random)));
    }

    [Benchmark]
    public void RedactMegabyte() => Redact(_redactor);

    [Benchmark]
    public void RedactMegabyteOfPrefixes() => Redact(_alike);

    [Benchmark]
    public void BuildRedactor() => SecretRedactor.Of(_values).Dispose();

    [GlobalCleanup]
    public void CleanUp()
    {
        _redactor.Dispose();
        _alike.Dispose();
        _values.ForEach(value => value.Dispose());
    }

    private void Redact(SecretRedactor redactor)
    {
        _output.ResetWrittenCount();
        foreach (var line in _lines) redactor.Redact(line, _output);
    }

    private string Line(Random random)
    {
        var trace = random.Next(100) is 0 ? _values[random.Next(_values.Count)].Reveal(Encoding.UTF8.GetString) : Token(random);
        return $"2026-11-22T07:36:00.000Z info: Request finished HTTP/1.1 GET {Prefix}v1/secrets/prod/db/{random.Next(1_000)} - 200 application/json trace={trace}\n";
    }

    private static string Token(Random random)
    {
        var bytes = new byte[random.Next(8, 21)];
        random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
