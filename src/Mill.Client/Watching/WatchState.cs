namespace Mill.Client.Watching;

/// <summary>What becomes of the connection of a watch.</summary>
public enum WatchState
{
    Connected,

    /// <summary>It is being taken up again.</summary>
    Lost,
}
