using System.Globalization;
using System.Text;

namespace Mill.Benchmarks.Load;

/// <summary>The requests of a run, made beforehand as far as they can be. What <see cref="Next"/> gives is valid until it is called again.</summary>
internal abstract class Workload
{
    public const int NameDigits = 8;

    private const int TransactionSize = 256;

    /// <summary>The next request; empty where there are no more.</summary>
    public abstract ReadOnlySpan<byte> Next();

    public static Workload For(LoadPlan plan) => plan.Kind switch
    {
        WorkloadKind.Path => new Same(Get(plan, plan.Prefix)),
        WorkloadKind.Read => new Reads(plan),
        WorkloadKind.Create => new Writes(plan, isNew: true),
        WorkloadKind.Update => new Writes(plan, isNew: false),
        WorkloadKind.EtcdPut => new EtcdPuts(plan),
        _ => new Fill(plan),
    };

    /// <summary>Digits as a name or a value carries them.</summary>
    protected static void WriteDigits(Span<byte> place, long number)
    {
        for (var i = place.Length - 1; i >= 0; i--, number /= 10) place[i] = (byte)('0' + (number % 10));
    }

    protected static string Head(LoadPlan plan, string method, string path) =>
        $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{(plan.Token.Length > 0 ? $"Authorization: Bearer {plan.Token}\r\n" : "")}";

    protected static string Post(LoadPlan plan, string method, string path, string body) =>
        $"{Head(plan, method, path)}Content-Type: application/json\r\nContent-Length: {Encoding.ASCII.GetByteCount(body)}\r\n\r\n{body}";

    private static byte[] Get(LoadPlan plan, string path) => Encoding.ASCII.GetBytes(Head(plan, "GET", path) + "\r\n");

    private sealed class Same(byte[] request) : Workload
    {
        public override ReadOnlySpan<byte> Next() => request;
    }

    /// <summary>One request, in which the digits of the name are overwritten each time: what a read costs here does not depend on how many names there are.</summary>
    private sealed class Reads : Workload
    {
        // A prime near the golden ratio of 10^9: names that follow each other lie far apart, and all are asked for before one comes again.
        private const long Stride = 618_034_003;

        private readonly byte[] _request;
        private readonly int _namePlace;
        private readonly int _names;
        private long _number;

        public Reads(LoadPlan plan)
        {
            var name = plan.Prefix + new string('0', NameDigits);
            _request = Get(plan, "/v1/secrets/" + name + plan.Query);
            _namePlace = Encoding.ASCII.GetString(_request).IndexOf(name, StringComparison.Ordinal) + plan.Prefix.Length;
            _names = plan.Names;
        }

        public override ReadOnlySpan<byte> Next()
        {
            _number = (_number + Stride) % _names;
            WriteDigits(_request.AsSpan(_namePlace, NameDigits), _number);
            return _request;
        }
    }

    /// <summary>One request, in which the digits of the name and of the value are overwritten each time.</summary>
    private sealed class Writes : Workload
    {
        private const int ValueDigits = 16;

        private readonly byte[] _request;
        private readonly int _namePlace;
        private readonly int _valuePlace;
        private readonly LoadPlan _plan;
        private readonly bool _isNew;
        private long _number;

        public Writes(LoadPlan plan, bool isNew)
        {
            (_plan, _isNew, _number) = (plan, isNew, plan.FirstValue);
            var (name, value) = (new string('0', NameDigits), new string('0', ValueDigits).PadRight(plan.ValueSize, 'v'));
            var text = Post(plan, "PUT", $"/v1/secrets/{plan.Prefix}{name}", $$"""{"value":"{{value}}"}""");
            _request = Encoding.ASCII.GetBytes(text);
            _namePlace = text.IndexOf(plan.Prefix + name, StringComparison.Ordinal) + plan.Prefix.Length;
            _valuePlace = text.IndexOf(value, StringComparison.Ordinal);
        }

        public override ReadOnlySpan<byte> Next()
        {
            WriteDigits(_request.AsSpan(_namePlace, NameDigits), _isNew ? _number : _number % _plan.Names);
            WriteDigits(_request.AsSpan(_valuePlace, ValueDigits), _number++);
            return _request;
        }
    }

    /// <summary>A PutRequest of etcd's: key (1) and value (2), both bytes.</summary>
    private sealed class EtcdPuts : Workload
    {
        private readonly byte[] _request;
        private readonly int _namePlace;
        private long _number;

        public EtcdPuts(LoadPlan plan)
        {
            var (key, value) = (Encoding.ASCII.GetBytes(plan.Prefix + new string('0', NameDigits)), Encoding.ASCII.GetBytes(new string('v', plan.ValueSize)));
            _request = [0x0a, .. Length(key.Length), .. key, 0x12, .. Length(value.Length), .. value];
            _namePlace = 1 + Length(key.Length).Length + plan.Prefix.Length;
            _number = plan.FirstValue;
        }

        public override ReadOnlySpan<byte> Next()
        {
            WriteDigits(_request.AsSpan(_namePlace, NameDigits), _number++);
            return _request;
        }

        private static byte[] Length(int length) => length < 128 ? [(byte)length] : [(byte)(length & 127 | 128), (byte)(length >> 7)];
    }

    private sealed class Fill(LoadPlan plan) : Workload
    {
        private int _number;

        public override ReadOnlySpan<byte> Next()
        {
            var count = Math.Min(TransactionSize, plan.Names - _number);
            if (count <= 0) return [];
            var operations = Enumerable.Range(_number, count).Select(number =>
                $$"""{"op":"set","name":"{{plan.Prefix}}{{number.ToString(CultureInfo.InvariantCulture).PadLeft(NameDigits, '0')}}","value":"{{(plan.FirstValue + number).ToString(CultureInfo.InvariantCulture).PadLeft(plan.ValueSize, 'v')}}"}""");
            _number += count;
            return Encoding.ASCII.GetBytes(Post(plan, "POST", "/v1/transactions", $$"""{"operations":[{{string.Join(',', operations)}}]}"""));
        }
    }
}
