-- The worker adds the rises to a total that it wrote before; of what was counted it changes nothing (docs/decisions/0026).
grant update (rise_low, rise_middle, rise_high, rises_at) on usage_licensetotal to portal_system;
