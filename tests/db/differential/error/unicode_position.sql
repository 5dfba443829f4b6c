-- 42703
SELECT 'ééé😀', nowhere;
