using System.Net;
using System.Net.Sockets;

namespace Mill.Benchmarks.Load;

/// <summary>One kept-alive connection with at most one request under way.</summary>
internal abstract class LoadConnection : IDisposable
{
    protected LoadConnection(LoadPlan plan)
    {
        Socket.Connect(IPAddress.Parse(plan.Host), plan.Port);
        Descriptor = (int)Socket.Handle;
    }

    public int Descriptor { get; }

    public bool IsBusy { get; protected set; }

    public long SentAt { get; private set; }

    /// <summary>Of the latest answer, as HTTP tells it.</summary>
    public int Status { get; protected set; }

    /// <summary>The beginning of the latest answer.</summary>
    public abstract string AnswerText { get; }

    protected Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static LoadConnection To(LoadPlan plan) => plan switch
    {
        { Kind: WorkloadKind.EtcdPut } => new GrpcConnection(plan),
        { Tls: true } => new TlsConnection(plan),
        _ => new HttpConnection(plan),
    };

    public void Send(ReadOnlySpan<byte> request, long now)
    {
        (IsBusy, SentAt) = (true, now);
        Write(request);
    }

    /// <summary>True once the whole answer is here. Throws <see cref="IOException"/> where the server closed the connection or speaks otherwise than expected.</summary>
    public abstract bool Receive();

    public virtual void Dispose() => Socket.Dispose();

    protected abstract void Write(ReadOnlySpan<byte> request);
}
